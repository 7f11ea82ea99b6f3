import type { MediaKind } from '@avatar-bridge/livekit-rtp';
import { timestampDelta } from '../../../packets/numbers.ts';

/**
 * The least step of the timestamp from one source to the next, in s: a frame's length, so that the two do not
 * overlap.
 */
const LEAST_STEP = { video: 1 / 60, audio: 0.02 };

/**
 * Moves the timestamps of changing sources onto one time that follows the clock and never goes back. `now` in
 * ms, timestamps 32 bit.
 */
export class Timeline {
  readonly #rate: number;
  readonly #leastStep: number;
  #offset: number;
  /** The newest timestamp that was sent, and when. */
  #newest = 0;
  #at = 0;

  /** `rate` in Hz; `offset` is added to the timestamps of the first source. */
  constructor(kind: MediaKind, rate: number, offset: number) {
    this.#rate = rate;
    this.#leastStep = LEAST_STEP[kind] * rate;
    this.#offset = offset;
  }

  /** The very first packet. */
  start(timestamp: number, now: number): void {
    this.#newest = this.map(timestamp);
    this.#at = now;
  }

  map(timestamp: number): number {
    return (timestamp + this.#offset) >>> 0;
  }

  /**
   * A packet of the source that is carried. Timestamps that jump against the clock are brought back to it. A
   * packet that is late can have the newest timestamp all the same: when padding overtook it.
   */
  follow(timestamp: number, newest: boolean, now: number): void {
    const step = timestampDelta(this.map(timestamp), this.#newest);
    const elapsed = ((now - this.#at) * this.#rate) / 1000;
    const jumps = step < -this.#rate || step > elapsed + 5 * this.#rate;
    if (newest && jumps) this.rebase(timestamp, now);
    else if (step > 0 && !jumps) this.#newest = this.map(timestamp);
    if (newest) this.#at = now;
  }

  /** `timestamp` is the first of another source. */
  rebase(timestamp: number, now: number): void {
    this.#offset = (this.advance(now) - timestamp) >>> 0;
  }

  /** The timestamp of something that no source has sent. */
  advance(now: number): number {
    const step = Math.round(Math.max(this.#leastStep, ((now - this.#at) * this.#rate) / 1000));
    this.#newest = (this.#newest + step) >>> 0;
    this.#at = now;
    return this.#newest;
  }
}
