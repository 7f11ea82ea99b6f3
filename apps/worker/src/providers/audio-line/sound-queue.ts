import { sampleRateHz } from '@avatar-bridge/speech';

/** Sound that waits to be handed over, in the order it came. */
export class SoundQueue {
  readonly #pieces: Int16Array[] = [];
  #samples = 0;

  get durationMs(): number {
    return toMs(this.#samples);
  }

  push(pcm: Int16Array): void {
    if (pcm.length === 0) return;
    this.#pieces.push(pcm);
    this.#samples += pcm.length;
  }

  /** Up to `ms` from its start. */
  take(ms: number): Int16Array {
    const wanted = Math.min(this.#samples, Math.round((ms * sampleRateHz) / 1000));
    const taken = new Int16Array(wanted);
    let at = 0;
    while (at < wanted) {
      const piece = this.#pieces[0]!;
      const part = piece.subarray(0, wanted - at);
      taken.set(part, at);
      at += part.length;
      if (part.length === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(part.length);
    }
    this.#samples -= wanted;
    return taken;
  }
}

export function toMs(samples: number): number {
  return (samples / sampleRateHz) * 1000;
}
