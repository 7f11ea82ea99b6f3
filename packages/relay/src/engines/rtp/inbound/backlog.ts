import { timestampDelta } from '../../../packets/numbers.ts';

/**
 * After a silence of so long, what comes may have waited in the queue of a server or a network that stood
 * still.
 */
const SILENCE = 1_000;
/** How far behind the clock a packet after that may be, to be passed on. */
const BEHIND = 500;
/**
 * A queue is emptied faster than it was filled. When packets come no faster than this, over so long, then it
 * was the source's own clock that stood still, and nothing is old.
 */
const FASTER = 1.5;
const PROOF = 300;

export type Freshness = 'fresh' | 'old' | 'caught-up';

/**
 * Tells packets that waited somewhere for seconds from live ones, by how far their timestamps have come since
 * the silence began. Passed on, they would put seconds of picture and voice into viewers' buffers at once.
 * Times in ms.
 */
export class Backlog {
  readonly #ticksPerMs: number;
  #old = false;
  #lastAt = -1;
  #lastTimestamp = 0;
  /** The last packet before the silence. */
  #silentSince = 0;
  #silentTimestamp = 0;
  /** From where on the speed is measured. */
  #speedSince = 0;
  #speedTimestamp = 0;

  constructor(clockRate: number) {
    this.#ticksPerMs = clockRate / 1000;
  }

  /** Whether the newest packet was old. */
  get draining(): boolean {
    return this.#old;
  }

  /**
   * Takes in a packet that is newer than all before it. `caught-up`: the first after old ones that is to be
   * passed on.
   */
  judge(timestamp: number, now: number): Freshness {
    const verdict = this.#old ? this.#whileOld(timestamp, now) : this.#whileFresh(timestamp, now);
    this.#old = verdict === 'old';
    this.#lastAt = now;
    this.#lastTimestamp = timestamp;
    return verdict;
  }

  /** The timestamps to come have no relation to those before. */
  reset(): void {
    this.#old = false;
    this.#lastAt = -1;
  }

  #whileFresh(timestamp: number, now: number): Freshness {
    const silence = this.#lastAt < 0 ? 0 : now - this.#lastAt;
    if (silence < SILENCE) return 'fresh';
    const advanced = this.#msBetween(this.#lastTimestamp, timestamp);
    if (advanced < 0 || silence - advanced <= BEHIND) return 'fresh';
    this.#silentSince = this.#lastAt;
    this.#silentTimestamp = this.#lastTimestamp;
    this.#measureSpeed(timestamp, now);
    return 'old';
  }

  #whileOld(timestamp: number, now: number): Freshness {
    const behind = now - this.#silentSince - this.#msBetween(this.#silentTimestamp, timestamp);
    if (behind <= BEHIND) return 'caught-up';
    const elapsed = now - this.#speedSince;
    if (now - this.#lastAt >= SILENCE) this.#measureSpeed(timestamp, now);
    else if (elapsed >= PROOF) {
      if (this.#msBetween(this.#speedTimestamp, timestamp) < elapsed * FASTER) return 'caught-up';
      this.#measureSpeed(timestamp, now);
    }
    return 'old';
  }

  #measureSpeed(timestamp: number, now: number): void {
    this.#speedSince = now;
    this.#speedTimestamp = timestamp;
  }

  #msBetween(earlier: number, later: number): number {
    return timestampDelta(later, earlier) / this.#ticksPerMs;
  }
}
