/** ms of sound in the queue that keep it from running dry when this process is late. */
export const LEAST_DEPTH = 40;
/** ms. */
export const MOST_DEPTH = 250;
/** ms that the queue may be off while somebody speaks: each correction is heard as a click. */
const LOUD_TOLERANCE = 60;
/** How many frames the average looks back. */
const AVERAGED = 8;

/**
 * Keeps a queue that is emptied at a steady pace as deep as it shall be, by a frame left out or silence put
 * in: in pauses, if they come in time.
 */
export class QueueDepth {
  /** ms that shall be in the queue. */
  target = LEAST_DEPTH;
  readonly #frameTime: number;
  /** ms that are in the queue, on average. */
  #average = 0;

  constructor(frameTime: number) {
    this.#frameTime = frameTime;
  }

  get average(): number {
    return this.#average;
  }

  /**
   * How many frames to put in now, with `queued` ms in the queue: 1 is the frame itself; 0 leaves it out;
   * more have silence before it.
   */
  frames(queued: number, quiet: boolean): number {
    this.#average += (queued - this.#average) / AVERAGED;
    const missing = this.target - this.#average;
    const tolerance = quiet ? this.#frameTime : LOUD_TOLERANCE;
    if (Math.abs(missing) < tolerance) return 1;
    const change = missing < 0 ? -1 : Math.round(missing / this.#frameTime);
    this.#average += change * this.#frameTime;
    return 1 + change;
  }
}
