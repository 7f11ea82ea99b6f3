import { audioFrameMs, OpusEncoder } from '@avatar-bridge/speech';
import type { Mouth } from './face.ts';
import { MouthGuess } from './mouth-guess.ts';
import type { Sound } from './sound.ts';

const sampleRateHz = 24_000;

/**
 * A sound that is brought while it plays: s16 mono at 24 kHz. It is encoded packet by packet as it is played,
 * so that a client that sends a minute at once does not hold up the others.
 */
export class VoiceSound implements Sound {
  readonly #onDry: (dry: boolean) => void;
  readonly #pieces: Int16Array[] = [];
  readonly #mouth = new MouthGuess();
  #encoder: OpusEncoder | undefined;
  /** Samples of the first piece that were taken already. */
  #taken = 0;
  #buffered = 0;
  #frames = 0;
  #ended = false;
  #dry = false;

  /** `onDry` tells when it ran out of sound before its end, and when there is sound again. */
  constructor(onDry: (dry: boolean) => void = () => {}) {
    this.#onDry = onDry;
  }

  get over(): boolean {
    return this.#ended && this.#buffered === 0;
  }

  get bufferedMs(): number {
    return (this.#buffered / sampleRateHz) * 1000;
  }

  get playedMs(): number {
    return this.#frames * audioFrameMs;
  }

  append(pcm: Int16Array): void {
    if (this.#ended || pcm.length === 0) return;
    this.#pieces.push(pcm);
    this.#buffered += pcm.length;
  }

  /** Nothing more will come. */
  end(): void {
    this.#ended = true;
  }

  next(): { payload: Uint8Array; level: number } | undefined {
    this.#encoder ??= new OpusEncoder(sampleRateHz);
    const { frameSize } = this.#encoder;
    const enough = this.#buffered >= frameSize || (this.#ended && this.#buffered > 0);
    this.#noteDry(!enough);
    if (!enough) return undefined;
    const frame = this.#take(frameSize);
    this.#mouth.hear(frame, audioFrameMs);
    this.#frames++;
    const { packet, level } = this.#encoder.encode(frame);
    return { payload: packet, level };
  }

  mouthAt(): Mouth {
    return this.#dry ? 'rest' : this.#mouth.mouth;
  }

  close(): void {
    this.end();
    this.#pieces.length = 0;
    this.#buffered = 0;
    this.#encoder?.close();
    this.#encoder = undefined;
  }

  /** A frame of so many samples; what is missing at its end is silence. */
  #take(samples: number): Int16Array {
    const frame = new Int16Array(samples);
    for (let filled = 0; filled < samples && this.#pieces.length > 0;) {
      const piece = this.#pieces[0]!;
      const part = piece.subarray(this.#taken, this.#taken + samples - filled);
      frame.set(part, filled);
      filled += part.length;
      this.#taken += part.length;
      this.#buffered -= part.length;
      if (this.#taken < piece.length) continue;
      this.#pieces.shift();
      this.#taken = 0;
    }
    return frame;
  }

  #noteDry(dry: boolean): void {
    if (dry === this.#dry) return;
    this.#dry = dry;
    this.#onDry(dry);
  }
}
