/** libsrtp refuses to protect a packet more than 1024 behind the newest; this stays clear of it. */
const MAX_LATENESS = 1000;
const MAX_SKIPPED = 128;

/**
 * Gives the packets of changing sources one continuous row of sequence numbers. All numbers are extended:
 * they count on where the 16 bits on the wire wrap around.
 */
export class Renumbering {
  #highest: number;
  #offset = 0;
  /** Nothing before this inbound number has an outbound number any more. */
  #floor = Infinity;
  /**
   * Inbound numbers without an outbound one, ascending. `#offset` is right for packets after the last of
   * them.
   */
  readonly #skipped: number[] = [];

  constructor(first: number) {
    this.#highest = first - 1;
  }

  /** The newest outbound number given away. */
  get highest(): number {
    return this.#highest;
  }

  /** A number for a packet that no source has sent; the source that was mapped before has to be rebased. */
  next(): number {
    this.#floor = Infinity;
    return ++this.#highest;
  }

  /**
   * From now on the inbound numbers count from `sequence`, which continues the row after leaving out `hole`
   * numbers.
   */
  rebase(sequence: number, hole: number): void {
    this.#offset = this.#highest + 1 + hole - sequence;
    this.#floor = sequence;
    this.#skipped.length = 0;
  }

  /** `sequence`, newer than everything mapped so far, is not sent: the row closes over it. */
  skip(sequence: number): void {
    this.#offset--;
    this.#skipped.push(sequence);
    if (this.#skipped.length > MAX_SKIPPED) this.#floor = this.#skipped.shift()! + 1;
  }

  /** The outbound number of `sequence`; -1 when it is too late for one. */
  map(sequence: number): number {
    if (sequence < this.#floor) return -1;
    let number = sequence + this.#offset;
    for (let index = this.#skipped.length - 1; index >= 0 && this.#skipped[index]! >= sequence; index--) {
      if (this.#skipped[index] === sequence) return -1;
      number++;
    }
    if (number > this.#highest) this.#highest = number;
    else if (number < this.#highest - MAX_LATENESS) return -1;
    return number;
  }
}
