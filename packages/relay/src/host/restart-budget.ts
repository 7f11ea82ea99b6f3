/**
 * ms before each restart in a row: viewers wait for the first one, the others are a sign of something that
 * lasts.
 */
const DELAYS = [0, 500, 2_000];
/** ms after which a restart no longer counts. */
const WINDOW = 60_000;

/** How often a relay may be started again. Times are monotonic ms. */
export class RestartBudget {
  #taken: number[] = [];

  /** Takes one restart: ms to wait before it, or `undefined` when there have been three within a minute. */
  take(now: number): number | undefined {
    this.#taken = this.#taken.filter((at) => now - at < WINDOW);
    const delay = DELAYS[this.#taken.length];
    if (delay !== undefined) this.#taken.push(now);
    return delay;
  }
}
