/** One turn of a conversation. */
export type Turn = { role: 'user' | 'assistant'; text: string };

/** Answers what people say, in words: a language model. */
export interface Responder {
  /**
   * The answer to the last of the turns, in pieces as they come.
   *
   * @throws TerminalProviderError `bad-request` (this answer will never come), RetryableProviderError, CancelledError
   */
  answer(turns: readonly Turn[], signal: AbortSignal): AsyncIterable<string>;

  /** Ends what is under way and frees connections. Idempotent. */
  close(): Promise<void>;
}
