/** LiveKit's server and encoders answer no faster; more requests only make the picture worse. */
const INTERVAL = 500;

/**
 * A source that does not answer this many has no key frame to give, or gives them in a form we do not know.
 */
const MAX_TRIES = 8;

/**
 * When to ask a source for a key frame: at most once in an interval, and again while none comes. Times in ms.
 */
export class KeyFrameRequests {
  #wanted = false;
  #askedAt = -Infinity;
  #tries = 0;

  get pending(): boolean {
    return this.#wanted;
  }

  /** When `due` should be called next; Infinity when nobody waits. */
  get dueAt(): number {
    return this.#wanted ? this.#askedAt + INTERVAL : Infinity;
  }

  request(): void {
    this.#wanted = true;
    this.#tries = 0;
  }

  served(): void {
    this.#wanted = false;
  }

  /** Whether to ask now. */
  due(now: number): boolean {
    if (now < this.dueAt) return false;
    this.#askedAt = now;
    if (++this.#tries >= MAX_TRIES) this.#wanted = false;
    return true;
  }
}
