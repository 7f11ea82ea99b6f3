import { Worker } from 'node:worker_threads';
import { CancelledError, RetryableSpeechError, TerminalSpeechError } from '../errors.ts';
import type { Word } from '../words.ts';
import type { Phone } from './phone.ts';
import type { Voice } from './voice.ts';

/** A spoken text. `frames` are opus packets of 20 ms, `levels` their loudness in -dBov. */
export type SpokenClip = {
  durationMs: number;
  frames: Uint8Array[];
  levels: Uint8Array;
  phones: Phone[];
  words: Word[];
};

/** A spoken text as sound of 24 kHz. */
export type SpokenSound = { pcm: Int16Array; phones: Phone[]; words: Word[] };

export type ThreadRequest = { id: number; text: string; voice: Voice; rate: number; as: 'clip' | 'sound' };
export type ThreadAnswer =
  | { id: number; result: SpokenClip | SpokenSound }
  | { id: number; error: string; unsupportedLanguage: boolean };

type Job = {
  request: Omit<ThreadRequest, 'id'>;
  resolve: (result: SpokenClip | SpokenSound) => void;
  reject: (error: Error) => void;
};

/** A thread that takes longer than this for one text has lost its way, ms. */
const answerWithinMs = 20_000;

/**
 * The embedded voice, in a worker thread that starts with the first text and does not keep the process alive. One text
 * after another, in the order they came; a thread that breaks costs the text that it was saying and is replaced.
 */
export class VoiceThread {
  readonly #queue: Job[] = [];
  #current: (Job & { id: number; deadline: NodeJS.Timeout }) | undefined;
  #worker: Worker | undefined;
  #lastId = 0;
  #closed = false;

  /** Opus of a text, made as loud as any other. Rate 1 is the voice's normal speed; from 0.5 to 1.5. */
  say(text: string, voice: Voice, rate = 1): Promise<SpokenClip> {
    return this.#ask({ text, voice, rate, as: 'clip' }) as Promise<SpokenClip>;
  }

  /**
   * The sound of a text. Refuses a language that it does not speak.
   *
   * @throws TerminalSpeechError, RetryableSpeechError, CancelledError
   */
  speak(text: string, voice: Voice, rate: number, signal: AbortSignal): Promise<SpokenSound> {
    return this.#ask({ text, voice, rate, as: 'sound' }, signal) as Promise<SpokenSound>;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#queue.splice(0)) reject(new CancelledError());
    const worker = this.#worker;
    this.#lose(new CancelledError());
    await worker?.terminate();
  }

  async #ask(request: Omit<ThreadRequest, 'id'>, signal?: AbortSignal): Promise<SpokenClip | SpokenSound> {
    if (this.#closed || signal?.aborted) throw new CancelledError();
    const { promise, resolve, reject } = Promise.withResolvers<SpokenClip | SpokenSound>();
    const job: Job = { request, resolve, reject };
    const onAbort = () => {
      const index = this.#queue.indexOf(job);
      if (index >= 0) this.#queue.splice(index, 1);
      reject(new CancelledError());
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#queue.push(job);
    this.#next();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #next(): void {
    if (this.#current) return;
    const job = this.#queue.shift();
    if (!job) return this.#worker?.unref();
    const worker = (this.#worker ??= this.#start());
    const id = ++this.#lastId;
    const deadline = setTimeout(() => void worker.terminate(), answerWithinMs);
    this.#current = { ...job, id, deadline };
    worker.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
    worker.postMessage({ ...job.request, id } satisfies ThreadRequest);
  }

  #start(): Worker {
    const worker = new Worker(new URL('speech-worker.ts', import.meta.url), { name: 'speech' });
    worker.on('message', (answer: ThreadAnswer) => {
      const current = this.#current;
      if (current?.id !== answer.id) return;
      this.#clear(current);
      if ('result' in answer) current.resolve(answer.result);
      else current.reject(refusal(answer));
      this.#next();
    });
    worker.on('error', (cause) => this.#broke(worker, 'the speech thread broke', cause));
    worker.on('exit', (code) => this.#broke(worker, `the speech thread ended with code ${code}`));
    return worker;
  }

  #broke(worker: Worker, message: string, cause?: unknown): void {
    if (this.#worker !== worker) return;
    this.#lose(new RetryableSpeechError('unavailable', message, { cause }));
    this.#next();
  }

  #lose(error: Error): void {
    this.#worker = undefined;
    const current = this.#current;
    if (!current) return;
    this.#clear(current);
    current.reject(error);
  }

  #clear({ deadline }: { deadline: NodeJS.Timeout }): void {
    clearTimeout(deadline);
    this.#current = undefined;
  }
}

function refusal({ error, unsupportedLanguage }: Extract<ThreadAnswer, { error: string }>): Error {
  return unsupportedLanguage
    ? new TerminalSpeechError('unsupported-language', error)
    : new TerminalSpeechError('bad-request', `Speech could not be made: ${error}`);
}
