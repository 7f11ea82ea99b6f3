/** One turn of a conversation. */
export type Turn = { role: 'user' | 'assistant'; text: string };

export type Question = {
  /** The last one is to be answered. */
  turns: readonly Turn[];
  /** What the avatar knows, or is to be, in this session. */
  knowledge?: string | undefined;
  signal: AbortSignal;
};

/** Answers what people say, in words: a language model. */
export interface Responder {
  /**
   * The answer, in pieces as they come.
   *
   * @throws TerminalProviderError `bad-request` (this answer will never come), RetryableProviderError, CancelledError
   */
  answer(question: Question): AsyncIterable<string>;

  /** Ends what is under way and frees connections. Idempotent. */
  close(): Promise<void>;
}
