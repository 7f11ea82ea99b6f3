type Held<T> = { item: T; due: number };

/**
 * Holds items back for a while, a few at most. Whoever takes gets the newest that is due: what is late
 * already is not worth more lateness.
 */
export class DelayLine<T> {
  /** ms */
  delay = 0;
  /** Items that nobody got. */
  dropped = 0;
  readonly #limit: number;
  #held: Held<T>[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** When the next item is due, on the clock of `push`; `undefined` when there is none. */
  get nextDue(): number | undefined {
    return this.#held[0]?.due;
  }

  push(item: T, now: number): void {
    this.#held.push({ item, due: now + this.delay });
    if (this.#held.length <= this.#limit) return;
    this.#held.shift();
    this.dropped++;
  }

  take(now: number): T | undefined {
    const due = this.#held.findLastIndex((held) => held.due <= now);
    if (due < 0) return undefined;
    const taken = this.#held.splice(0, due + 1);
    this.dropped += due;
    return taken.at(-1)!.item;
  }

  clear(): void {
    this.#held = [];
  }
}
