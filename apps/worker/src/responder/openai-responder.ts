import { EventSourceParserStream } from 'eventsource-parser/stream';
import { Agent, fetch, type Response } from 'undici';
import { z } from 'zod';
import {
  CancelledError,
  ProviderError,
  RetryableProviderError,
  TerminalProviderError,
} from '../providers/provider-errors.ts';
import type { Question, Responder } from './responder.ts';

export type OpenAiResponderOptions = {
  /** Up to and including `/v1`. */
  baseUrl: string;
  /** Servers of one's own often need none. */
  apiKey?: string | undefined;
  model: string;
  /** What the model is told of its part. */
  prompt?: string | undefined;
  timeouts?: Partial<typeof defaults>;
};

/** ms to the first word, and between two pieces. */
const defaults = { firstWordMs: 15_000, gapMs: 10_000 };
/** An answer is not read beyond this, characters. */
const longestAnswer = 4_000;
const defaultPrompt =
  'You are a friendly assistant who is heard, not read. Answer in short sentences of plain spoken language, ' +
  'without markup, lists, links or emoji.';

const Piece = z.object({
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish() }).nullish(),
        message: z.object({ content: z.string().nullish() }).nullish(),
      }),
    )
    .optional(),
  error: z.unknown().optional(),
});

/** Any service with OpenAI's `POST /chat/completions`, streamed. */
export class OpenAiResponder implements Responder {
  readonly #options: OpenAiResponderOptions;
  readonly #timeouts: typeof defaults;
  readonly #url: string;
  readonly #closed = new AbortController();
  readonly #dispatcher = new Agent({ keepAliveTimeout: 50_000, connect: { timeout: 10_000 } });

  constructor(options: OpenAiResponderOptions) {
    this.#options = options;
    this.#timeouts = { ...defaults, ...options.timeouts };
    this.#url = `${options.baseUrl.replace(/\/+$/, '')}/chat/completions`;
  }

  async *answer({ signal, ...question }: Question): AsyncGenerator<string, void, undefined> {
    const watch = new AbortController();
    const stop = () => watch.abort();
    const signals = [signal, this.#closed.signal];
    for (const one of signals) one.addEventListener('abort', stop, { once: true });
    const cancelled = () => signals.some(({ aborted }) => aborted);
    if (cancelled()) stop();
    let timer = setTimeout(stop, this.#timeouts.firstWordMs);
    let length = 0;
    try {
      for await (const piece of this.#pieces({ ...question, signal: watch.signal })) {
        clearTimeout(timer);
        length += piece.length;
        yield piece;
        if (length > longestAnswer) return;
        timer = setTimeout(stop, this.#timeouts.gapMs);
      }
    } catch (error) {
      if (cancelled()) throw new CancelledError({ cause: error });
      if (error instanceof ProviderError) throw error;
      if (watch.signal.aborted)
        throw new RetryableProviderError('timeout', 'The responder took too long to answer');
      throw new RetryableProviderError('network', `The responder cannot be reached (${reasonOf(error)})`);
    } finally {
      clearTimeout(timer);
      for (const one of signals) one.removeEventListener('abort', stop);
      watch.abort();
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#dispatcher.destroy();
  }

  async *#pieces({ turns, knowledge, signal }: Question): AsyncGenerator<string, void, undefined> {
    const { apiKey, model, prompt } = this.#options;
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        ...(apiKey && { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({
        model,
        stream: true,
        messages: [
          { role: 'system', content: [prompt ?? defaultPrompt, knowledge].filter(Boolean).join('\n\n') },
          ...turns.map(({ role, text }) => ({ role, content: text })),
        ],
      }),
      signal,
      redirect: 'manual',
      dispatcher: this.#dispatcher,
    });
    if (response.status !== 200) throw refusal(response);
    const type = response.headers.get('content-type') ?? '';
    if (type.includes('application/json')) return yield* wholeAnswer(await response.json());
    if (!type.includes('text/event-stream') || !response.body)
      throw new TerminalProviderError('bad-request', `The responder answered with ${type || 'nothing'}`);
    const events = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream());
    for await (const { data } of events) {
      if (data === '[DONE]') return;
      const piece = read(data)?.choices?.[0]?.delta?.content;
      if (piece) yield piece;
    }
  }
}

/** From servers that do not stream. */
function* wholeAnswer(body: unknown): Generator<string, void, undefined> {
  const text = check(body)?.choices?.[0]?.message?.content;
  if (text) yield text;
}

function read(data: string): z.infer<typeof Piece> | undefined {
  try {
    return check(JSON.parse(data));
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    throw new RetryableProviderError('bad-response', 'The responder sent something that is no JSON');
  }
}

/** What is of another shape is passed over, such as a piece that only counts tokens. */
function check(body: unknown): z.infer<typeof Piece> | undefined {
  const piece = Piece.safeParse(body).data;
  if (piece?.error !== undefined && piece.error !== null)
    throw new RetryableProviderError('unavailable', 'The responder broke off with an error of its own');
  return piece;
}

/** The service's own words stay out: they may repeat the key or what was said. */
function refusal({ status, headers, body }: Response): ProviderError {
  void body?.cancel();
  const said = `The responder answered HTTP ${status}`;
  if (status === 401 || status === 403)
    return new TerminalProviderError('bad-request', `${said}: check its API key`);
  if (status === 429 || status === 408 || status >= 500) {
    const seconds = Number(headers.get('retry-after') ?? Number.NaN);
    return new RetryableProviderError(status === 429 ? 'rate-limited' : 'unavailable', said, {
      ...(seconds >= 0 && seconds <= 10 && { retryAfter: seconds * 1000 }),
    });
  }
  return new TerminalProviderError('bad-request', `${said}: check its base URL and model`);
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error instanceof Error ? error.name : typeof error;
}
