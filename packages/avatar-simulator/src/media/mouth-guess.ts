import type { Mouth } from './face.ts';

/** A sample's root mean square below which nothing is being said. */
const silence = 200;
/** ms of silence after which the mouth comes to rest; before, it is only closed. */
const restsAfterMs = 320;
/** ms that a mouth stays at least, so that it does not flicker. */
const staysMs = 60;

/**
 * The mouth that most likely goes with a sound, frame by frame: how far it opens by loudness, its shape by
 * how much of the sound is high.
 */
export class MouthGuess {
  #loudest = 2_000;
  #silentMs = restsAfterMs;
  #mouth: Mouth = 'rest';
  #shownMs = 0;

  get mouth(): Mouth {
    return this.#mouth;
  }

  /** `frame` is s16 mono of `durationMs`. */
  hear(frame: Int16Array, durationMs: number): Mouth {
    const { rms, height } = measure(frame);
    this.#silentMs = rms < silence ? this.#silentMs + durationMs : 0;
    this.#loudest = Math.max(2_000, rms, this.#loudest * 0.995);
    const mouth = this.#silentMs > 0 ? this.#silentMouth() : shapeOf(rms / this.#loudest, height);
    this.#shownMs += durationMs;
    if (mouth !== this.#mouth && (this.#shownMs >= staysMs || mouth === 'closed')) {
      this.#mouth = mouth;
      this.#shownMs = 0;
    }
    return this.#mouth;
  }

  #silentMouth(): Mouth {
    return this.#silentMs >= restsAfterMs ? 'rest' : 'closed';
  }
}

/**
 * `height`: the loudness of the differences between samples against that of the samples, 0 (low) to 2 (high).
 */
function measure(frame: Int16Array): { rms: number; height: number } {
  let squares = 0;
  let differences = 0;
  let previous = frame[0] ?? 0;
  for (const sample of frame) {
    squares += sample * sample;
    differences += (sample - previous) ** 2;
    previous = sample;
  }
  const rms = Math.sqrt(squares / Math.max(1, frame.length));
  return { rms, height: rms === 0 ? 0 : Math.sqrt(differences / frame.length) / rms };
}

function shapeOf(loudness: number, height: number): Mouth {
  if (height > 0.8) return 'teeth';
  if (loudness < 0.15) return 'small';
  if (height < 0.12) return loudness > 0.5 ? 'round' : 'pucker';
  if (height > 0.4) return loudness > 0.4 ? 'wide' : 'small';
  return loudness > 0.5 ? 'open' : 'mid';
}
