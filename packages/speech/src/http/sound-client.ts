import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, fetch, type Response } from 'undici';
import { CancelledError, RetryableSpeechError, SpeechError, TerminalSpeechError } from '../errors.ts';
import type { SpeechChunk } from '../speech-synthesizer.ts';
import { readRefusal } from './refusal.ts';
import { readSound } from './sound-stream.ts';

export type SoundTimeouts = {
  /** ms to the first byte of sound, connecting included. */
  firstByteMs: number;
  /** ms between two pieces of sound. */
  gapMs: number;
};

const defaults: SoundTimeouts = { firstByteMs: 10_000, gapMs: 5_000 };
const maxRetries = 2;
const firstPauseMs = 250;
const longestErrorBody = 65_536;

export type SoundCall = {
  url: string;
  headers: Record<string, string>;
  body: object;
  /** The text: kept out of errors, and what says how long the sound may be. */
  text: string;
  signal: AbortSignal;
};

/** Asks an HTTP service for sound: the one place for timeouts, retries and what answers mean. */
export class SoundClient {
  readonly #service: string;
  readonly #apiKey: string;
  readonly #timeouts: SoundTimeouts;
  readonly #closed = new AbortController();
  // Node's own fetch closes idle connections after 4 s; a TLS handshake each would cost more than the speech
  readonly #dispatcher = new Agent({ keepAliveTimeout: 50_000, connect: { timeout: 10_000 } });

  constructor(options: { service: string; apiKey: string | undefined; timeouts?: Partial<SoundTimeouts> }) {
    this.#service = options.service;
    this.#apiKey = options.apiKey ?? '';
    this.#timeouts = { ...defaults, ...options.timeouts };
    if (!/^[\x21-\x7e]*$/.test(this.#apiKey))
      throw new TerminalSpeechError(
        'unauthorized',
        `The API key for ${this.#service} holds characters that no key has`,
      );
  }

  /** Repeats what failed in passing, as long as no sound was given out. */
  async *sound(call: SoundCall): AsyncGenerator<SpeechChunk, void, undefined> {
    for (let retry = 0; ; retry++) {
      let given = false;
      try {
        for await (const pcm of this.#attempt(call)) {
          given = true;
          yield { pcm };
        }
        return;
      } catch (error) {
        if (!(error instanceof RetryableSpeechError) || given || retry >= maxRetries) throw error;
        const pauseMs = error.retryAfterMs ?? firstPauseMs * 2 ** retry * (1 - Math.random() / 4);
        const signal = AbortSignal.any([call.signal, this.#closed.signal]);
        await sleep(pauseMs, undefined, { signal }).catch((cause: unknown) => {
          throw new CancelledError({ cause });
        });
      }
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#dispatcher.destroy();
  }

  async *#attempt(call: SoundCall): AsyncGenerator<Int16Array, void, undefined> {
    const watch = new Watch([call.signal, this.#closed.signal]);
    try {
      watch.expect(this.#timeouts.firstByteMs);
      const response = await fetch(call.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: '*/*', ...call.headers },
        body: JSON.stringify(call.body),
        signal: watch.signal,
        redirect: 'manual',
        dispatcher: this.#dispatcher,
      });
      if (response.status !== 200) throw await this.#refusal(response, call.text);
      yield* readSound(this.#pieces(response, watch), {
        contentType: response.headers.get('content-type') ?? '',
        characters: call.text.length,
      });
    } catch (error) {
      throw error instanceof SpeechError ? error : this.#failure(error, watch);
    } finally {
      watch.end();
    }
  }

  /** Only the waiting for the service counts, not the time that whoever listens takes for a piece. */
  async *#pieces({ body }: Response, watch: Watch): AsyncGenerator<Uint8Array, void, undefined> {
    if (!body) return;
    for await (const piece of body) {
      watch.rest();
      watch.begun = true;
      if (piece.byteLength > 0) yield piece as Uint8Array;
      watch.expect(this.#timeouts.gapMs);
    }
    watch.rest();
  }

  async #refusal(response: Response, text: string): Promise<SpeechError> {
    const { status, headers, body } = response;
    const decoder = new TextDecoder();
    let said = '';
    if (body)
      for await (const piece of body) {
        said += decoder.decode(piece as Uint8Array, { stream: true });
        if (said.length > longestErrorBody) break;
      }
    return readRefusal({
      service: this.#service,
      status,
      retryAfter: headers.get('retry-after'),
      text: said,
      secrets: [this.#apiKey, text],
    });
  }

  #failure(error: unknown, watch: Watch): SpeechError {
    const { firstByteMs, gapMs } = this.#timeouts;
    if (watch.cause === 'caller') return new CancelledError();
    if (watch.cause === 'timeout')
      return new RetryableSpeechError(
        'timeout',
        watch.begun
          ? `The speech service ${this.#service} sent nothing for ${gapMs} ms in the middle of an utterance`
          : `The speech service ${this.#service} sent no sound within ${firstByteMs} ms`,
      );
    const reason = failureCode(error) ?? (error instanceof Error ? error.name : typeof error);
    return watch.begun
      ? new RetryableSpeechError('cut-off', `The speech service ${this.#service} broke off (${reason})`)
      : new RetryableSpeechError(
          'network',
          `The speech service ${this.#service} cannot be reached (${reason})`,
        );
  }
}

/** Aborts an attempt when a caller does, or when something that was expected does not come in time. */
class Watch {
  begun = false;
  cause: 'caller' | 'timeout' | undefined;
  readonly #controller = new AbortController();
  readonly #callers: readonly AbortSignal[];
  #timer: NodeJS.Timeout | undefined;

  constructor(callers: readonly AbortSignal[]) {
    this.#callers = callers;
    for (const caller of callers) {
      caller.addEventListener('abort', this.#onCaller, { once: true });
      if (caller.aborted) this.#onCaller();
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  expect(withinMs: number): void {
    this.rest();
    this.#timer = setTimeout(() => this.#abort('timeout'), withinMs);
  }

  rest(): void {
    clearTimeout(this.#timer);
  }

  /** Also ends a request that nobody reads to its end. */
  end(): void {
    this.rest();
    for (const caller of this.#callers) caller.removeEventListener('abort', this.#onCaller);
    this.#controller.abort();
  }

  readonly #onCaller = (): void => this.#abort('caller');

  #abort(by: 'caller' | 'timeout'): void {
    this.cause ??= by;
    this.#controller.abort();
  }
}

function failureCode(error: unknown, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth > 4) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? failureCode(error.cause, depth + 1) : undefined;
}
