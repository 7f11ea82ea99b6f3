import { Worker } from 'node:worker_threads';
import type { Voice } from './voice.ts';
import type { Word } from './words.ts';

/** Speech, ready to be sent. `frames` are opus packets of 20 ms, `levels` their loudness in -dBov, `mouths` one index of a mouth for each 10 ms. */
export type SpeechClip = {
  durationMs: number;
  frames: Uint8Array[];
  levels: Uint8Array;
  mouths: Uint8Array;
  words: Word[];
};

export type SpeechRequest = { id: number; text: string; voice: Voice; rate: number };
export type SpeechAnswer = { id: number; clip: SpeechClip } | { id: number; error: string };

type Waiting = { resolve: (clip: SpeechClip) => void; reject: (error: Error) => void };

/**
 * Makes speech of text in a worker thread, which starts with the first text and does not keep the process alive. The latest
 * `remembered` clips are kept, so that what was said before costs nothing.
 */
export class SpeechMaker {
  readonly #remembered: number;
  readonly #clips = new Map<string, Promise<SpeechClip>>();
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;

  constructor({ remembered = 64 }: { remembered?: number } = {}) {
    this.#remembered = remembered;
  }

  /** Rate 1 is the voice's normal speed; 0.5 to 1.5 is honoured, what lies outside is brought inside. Rejects when the text cannot be said. */
  make(text: string, voice: Voice, rate = 1): Promise<SpeechClip> {
    const bounded = Math.min(1.5, Math.max(0.5, rate));
    const key = JSON.stringify([voice, bounded, text]);
    const clip = this.#clips.get(key) ?? this.#ask(text, voice, bounded);
    this.#clips.delete(key);
    this.#clips.set(key, clip);
    clip.catch(() => this.#clips.delete(key));
    if (this.#clips.size > this.#remembered) this.#clips.delete(this.#clips.keys().next().value!);
    return clip;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #ask(text: string, voice: Voice, rate: number): Promise<SpeechClip> {
    const worker = (this.#worker ??= this.#start());
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
      worker.postMessage({ id, text, voice, rate } satisfies SpeechRequest);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('speech-worker.ts', import.meta.url), { name: 'speech' });
    worker.on('message', (answer: SpeechAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (this.#waiting.size === 0) worker.unref();
      if ('clip' in answer) waiting?.resolve(answer.clip);
      else waiting?.reject(new Error(`speech could not be made: ${answer.error}`));
    });
    worker.on('error', (error) => this.#lost(worker, error as Error));
    worker.on('exit', (code) => this.#lost(worker, new Error(`the speech thread ended with code ${code}`)));
    worker.unref();
    return worker;
  }

  #lost(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
