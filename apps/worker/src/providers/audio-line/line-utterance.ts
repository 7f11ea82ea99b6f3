import { hasSpeakableText, type SpeechSynthesizer } from '@avatar-bridge/speech';
import type { Logger } from 'pino';
import { CancelledError, TerminalProviderError } from '../provider-errors.ts';
import { SoundQueue, toMs } from './sound-queue.ts';
import { SpokenText } from './spoken-text.ts';
import { unbrokenSpeech } from './unbroken-speech.ts';

export type Voicing = {
  synthesizer: SpeechSynthesizer;
  voice: { voice?: string; language?: string; rate?: number };
  logger: Logger;
};

/** An utterance on its way from sentences to sound that is handed over. */
export class LineUtterance {
  readonly id: string;
  /** Made, and not handed over yet. */
  readonly sound = new SoundQueue();
  readonly spoken = new SpokenText();
  /** All of its sound was made. */
  finished = false;
  /** All of its sound was handed over. */
  committed = false;
  /** The player was told that nothing comes for a while. */
  sealed = false;
  /** The newest caption that was told. */
  caption = '';
  isTaken = false;
  readonly #taken = Promise.withResolvers<void>();
  readonly #stop = new AbortController();

  constructor(id: string) {
    this.id = id;
    this.#taken.promise.catch(() => undefined);
  }

  /** Resolves by take(); rejects with the reason of cancel(), if that came first. */
  get taken(): Promise<void> {
    return this.#taken.promise;
  }

  take(): void {
    this.isTaken = true;
    this.#taken.resolve();
  }

  /** Ends the making of sound. Idempotent. */
  cancel(reason: Error = new CancelledError()): void {
    this.#stop.abort();
    this.#taken.reject(reason);
  }

  /** Makes the sound of sentences; false when it was cancelled. Rejects as the synthesizer and the sentences do. */
  async make(
    sentences: AsyncIterable<string>,
    { synthesizer, voice, logger }: Voicing,
    onSound: () => void,
  ): Promise<boolean> {
    const { signal } = this.#stop;
    let samples = 0;
    try {
      for await (const text of sentences) {
        if (signal.aborted) return false;
        if (!hasSpeakableText(text)) continue;
        this.spoken.begin(text, toMs(samples));
        for await (const { pcm, words } of unbrokenSpeech(synthesizer, { ...voice, text, signal }, logger)) {
          if (signal.aborted) return false;
          this.sound.push(pcm);
          samples += pcm.length;
          this.spoken.add(words ?? []);
          onSound();
        }
        this.spoken.end(toMs(samples));
      }
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
    if (samples === 0)
      throw new TerminalProviderError('bad-request', 'There is nothing in this text that can be said');
    this.finished = true;
    return !signal.aborted;
  }
}
