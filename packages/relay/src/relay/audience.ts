/**
 * ms without an audience until nothing is wanted any more: somebody who reloads the page shall not wait for
 * the picture.
 */
const PATIENCE = 3_000;

/**
 * Whether anybody watches, and whether the picture is wanted: until it has been shown once, and for some time
 * after the last one has gone, it is.
 */
export class Audience {
  #watched: boolean | undefined;
  #goneAt = 0;

  /** `undefined` while it is not known. */
  get watched(): boolean | undefined {
    return this.#watched;
  }

  /** Whether that is a change. */
  set(watched: boolean, now: number): boolean {
    if (watched === this.#watched) return false;
    this.#watched = watched;
    this.#goneAt = now;
    return true;
  }

  wants(now: number): boolean {
    return this.#watched !== false || now - this.#goneAt < PATIENCE;
  }
}
