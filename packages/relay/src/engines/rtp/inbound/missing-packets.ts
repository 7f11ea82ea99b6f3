/** Time a packet may be late before it is asked for: packets overtake each other on the way. */
const REORDER_TOLERANCE = 12;
/**
 * LiveKit's server answers three requests for a packet, and ignores those that come within 100 ms (or twice
 * the round trip, if that is less) of the packet itself or of the last answer. It does not tell which were
 * ignored, and requests are lost, too: so more are made than it would answer.
 */
const RETRY_AFTER = [40, 60, 60, 60, 80, 100, 120, 150];
/** A hole this large is not filled packet by packet: a key frame costs less. */
const MAX_MISSING = 200;

type Missing = { sequence: number; dueAt: number; tries: number };

/** Which inbound packets to ask for again, and when. Times in ms; sequence numbers extended. */
export class MissingPackets {
  #list: Missing[] = [];

  get size(): number {
    return this.#list.length;
  }

  /** When `due` should be called next; Infinity when nothing is missing. */
  get dueAt(): number {
    let at = Infinity;
    for (const missing of this.#list) if (missing.dueAt < at) at = missing.dueAt;
    return at;
  }

  /** The packets `from..to` were jumped over. False: too many at once, none of them will be asked for. */
  add(from: number, to: number, now: number): boolean {
    if (to - from + 1 + this.#list.length > MAX_MISSING) {
      this.#list = [];
      return false;
    }
    for (let sequence = from; sequence <= to; sequence++)
      this.#list.push({ sequence, dueAt: now + REORDER_TOLERANCE, tries: 0 });
    return true;
  }

  /** The packet has come. How often it had been asked for; -1 when it was not missing. */
  remove(sequence: number): number {
    const index = this.#list.findIndex((missing) => missing.sequence === sequence);
    if (index < 0) return -1;
    return this.#list.splice(index, 1)[0]!.tries;
  }

  clear(): void {
    this.#list = [];
  }

  /** The 16-bit numbers to ask for now. Packets asked for often enough are given up. */
  due(now: number): number[] {
    const numbers: number[] = [];
    this.#list = this.#list.filter((missing) => {
      if (missing.dueAt > now) return true;
      const wait = RETRY_AFTER[missing.tries];
      if (wait === undefined) return false;
      missing.tries++;
      missing.dueAt = now + wait;
      numbers.push(missing.sequence & 0xffff);
      return true;
    });
    return numbers;
  }
}
