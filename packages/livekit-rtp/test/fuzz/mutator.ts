import type { Random } from './random.ts';

/** Counts and lengths at which code goes wrong. */
const ODD_BYTES = [0x00, 0x01, 0x0f, 0x10, 0x1f, 0x40, 0x7f, 0x80, 0xbe, 0xc0, 0xde, 0xf0, 0xff];
const LARGEST = 16_384;
const MOST_CHANGES = 6;

/** Makes inputs out of valid ones: unchanged, truncated, with bytes changed, taken out, doubled or put in, two spliced together, or plain noise. */
export class Mutator {
  readonly #random: Random;
  readonly #corpus: readonly Uint8Array[];
  readonly #memory = Buffer.alloc(LARGEST);
  #length = 0;

  constructor(random: Random, corpus: readonly Uint8Array[]) {
    this.#random = random;
    this.#corpus = corpus;
  }

  /** The next input. It may be changed; its memory is used again by the next call. */
  next(): Buffer {
    const random = this.#random;
    if (random.oneIn(50)) return this.#noise();
    this.#put(0, random.pick(this.#corpus));
    for (let changes = random.below(MOST_CHANGES); changes > 0; changes--) this.#change();
    return this.#memory.subarray(0, this.#length);
  }

  #noise(): Buffer {
    this.#length = this.#random.below(80);
    for (let at = 0; at < this.#length; at++) this.#memory[at] = this.#random.below(256);
    return this.#memory.subarray(0, this.#length);
  }

  #change(): void {
    const random = this.#random;
    const memory = this.#memory;
    // Most of what is decided by a packet stands at its start.
    const at = random.below(random.oneIn(2) ? this.#length + 1 : Math.min(this.#length + 1, 24));
    switch (random.below(9)) {
      case 0:
        memory[at] = memory[at]! ^ (1 << random.below(8));
        break;
      case 1:
        memory[at] = random.below(256);
        break;
      case 2:
        memory[at] = random.pick(ODD_BYTES);
        break;
      case 3:
        if (at + 2 <= this.#length) memory.writeUInt16BE(random.below(0x10000), at);
        break;
      case 4:
        if (at + 4 <= this.#length) memory.writeUInt32BE(random.below(2 ** 32), at);
        break;
      case 5:
        this.#length = at;
        break;
      case 6:
        this.#move(at, at + random.below(Math.min(64, this.#length - at + 1)), at);
        break;
      case 7:
        this.#move(at, at, at + random.below(32));
        break;
      default:
        this.#put(at, random.pick(this.#corpus));
        break;
    }
  }

  /** Moves what starts at `from` so that it starts at `to`; where that makes a gap, the bytes before it are repeated. */
  #move(at: number, from: number, to: number): void {
    const rest = Math.min(this.#length - from, LARGEST - to);
    this.#memory.copyWithin(to, from, from + rest);
    if (to > from) this.#memory.copyWithin(at, Math.max(0, at - (to - from)), at);
    this.#length = to + rest;
  }

  /** The input ends with `bytes`, which start at `at`. */
  #put(at: number, bytes: Uint8Array): void {
    const part = bytes.subarray(0, LARGEST - at);
    this.#memory.set(part, at);
    this.#length = at + part.length;
  }
}
