import { type SpokenClip, type Voice, VoiceThread } from '@avatar-bridge/speech';
import { mouthTimeline } from './viseme.ts';

/** Speech, ready to be sent. `mouths` has one index of a mouth for each 10 ms. */
export type SpeechClip = Omit<SpokenClip, 'phones'> & { mouths: Uint8Array };

/**
 * Makes speech of text. The latest `remembered` clips are kept, so that what was said before costs nothing.
 */
export class SpeechMaker {
  readonly #remembered: number;
  readonly #clips = new Map<string, Promise<SpeechClip>>();
  readonly #thread = new VoiceThread();

  constructor({ remembered = 64 }: { remembered?: number } = {}) {
    this.#remembered = remembered;
  }

  /**
   * Rate 1 is the voice's normal speed; 0.5 to 1.5 is honoured, what lies outside is brought inside.
   * Rejects when the text cannot be said.
   */
  make(text: string, voice: Voice, rate = 1): Promise<SpeechClip> {
    const bounded = Math.min(1.5, Math.max(0.5, rate));
    const key = JSON.stringify([voice, bounded, text]);
    const clip = this.#clips.get(key) ?? this.#make(text, voice, bounded);
    this.#clips.delete(key);
    this.#clips.set(key, clip);
    clip.catch(() => this.#clips.delete(key));
    if (this.#clips.size > this.#remembered) this.#clips.delete(this.#clips.keys().next().value!);
    return clip;
  }

  async close(): Promise<void> {
    await this.#thread.close();
  }

  async #make(text: string, voice: Voice, rate: number): Promise<SpeechClip> {
    const { phones, ...clip } = await this.#thread.say(text, voice, rate);
    return { ...clip, mouths: mouthTimeline(phones, clip.durationMs) };
  }
}
