import { Worker } from 'node:worker_threads';
import type { Phone } from './phone.ts';
import type { Voice } from './voice.ts';
import type { Word } from './words.ts';

/** A spoken text. `frames` are opus packets of 20 ms, `levels` their loudness in -dBov. */
export type SpokenClip = {
  durationMs: number;
  frames: Uint8Array[];
  levels: Uint8Array;
  phones: Phone[];
  words: Word[];
};

export type SpeechRequest = { id: number; text: string; voice: Voice; rate: number };
export type SpeechAnswer = { id: number; clip: SpokenClip } | { id: number; error: string };

type Waiting = { resolve: (clip: SpokenClip) => void; reject: (error: Error) => void };

/** The embedded voice, in a worker thread that starts with the first text and does not keep the process alive. */
export class VoiceThread {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;

  /** Rate 1 is the voice's normal speed; from 0.5 to 1.5. Rejects when the text cannot be said. */
  say(text: string, voice: Voice, rate = 1): Promise<SpokenClip> {
    const worker = (this.#worker ??= this.#start());
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
      worker.postMessage({ id, text, voice, rate } satisfies SpeechRequest);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
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
