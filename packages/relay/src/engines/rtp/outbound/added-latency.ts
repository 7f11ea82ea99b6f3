/** Reading the clock for each packet would cost more than what it measures. */
const EVERY = 16;
/** Of video, those of the last seconds. */
const KEPT = 64;

/**
 * How long packets were in our hands: from their arrival until the transport to the stage had taken them.
 * Sampled.
 */
export class AddedLatency {
  readonly #clock: () => number;
  readonly #samples = new Float64Array(KEPT);
  #packets = 0;
  #taken = 0;

  /** `clock` in ms. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** A packet that arrived at `arrivedAt` has just been sent. */
  sent(arrivedAt: number): void {
    if (++this.#packets % EVERY !== 0) return;
    this.#samples[this.#taken++ % KEPT] = this.#clock() - arrivedAt;
  }

  /** Of the last samples, in ms; `undefined` before the first. */
  get percentiles(): { p50: number; p99: number } | undefined {
    const count = Math.min(this.#taken, KEPT);
    if (count === 0) return undefined;
    const sorted = this.#samples.slice(0, count).toSorted();
    const at = (share: number): number => Math.round(sorted[Math.ceil(count * share) - 1]! * 1000) / 1000;
    return { p50: at(0.5), p99: at(0.99) };
  }
}
