import { type Mouth, mouths } from './face.ts';
import type { Sound } from './sound.ts';
import type { SpeechClip } from './speech.ts';
import { mouthStep } from './viseme.ts';

/** The sound of a clip that was made before. */
export class ClipSound implements Sound {
  readonly #clip: SpeechClip;
  #nextFrame = 0;

  constructor(clip: SpeechClip) {
    this.#clip = clip;
  }

  get over(): boolean {
    return this.#nextFrame >= this.#clip.frames.length;
  }

  next(): { payload: Uint8Array; level: number } | undefined {
    const { frames, levels } = this.#clip;
    const frame = this.#nextFrame++;
    return { payload: frames[frame]!, level: levels[frame]! };
  }

  mouthAt(ms: number): Mouth {
    return mouths[this.#clip.mouths[Math.max(0, Math.floor(ms / mouthStep))] ?? 0] ?? 'rest';
  }

  close(): void {}
}
