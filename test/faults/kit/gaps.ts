export type Gap = { from: number; to: number; ms: number };

/** Remembers when something that should come all the time did not come. */
export class Gaps {
  readonly #leastMs: number;
  readonly #gaps: Gap[] = [];
  #lastAt: number | undefined;

  /** Shorter gaps than `leastMs` are usual and not remembered. */
  constructor(leastMs: number) {
    this.#leastMs = leastMs;
  }

  get lastAt(): number | undefined {
    return this.#lastAt;
  }

  note(at: number): void {
    const from = this.#lastAt;
    if (from !== undefined && at - from >= this.#leastMs) this.#gaps.push({ from, to: at, ms: at - from });
    this.#lastAt = at;
  }

  /** All of it, with the one that lasts still at `until`. */
  between(from: number, until: number): Gap[] {
    const last = this.#lastAt ?? from;
    const open = until - last >= this.#leastMs ? [{ from: last, to: until, ms: until - last }] : [];
    return [...this.#gaps, ...open].filter((gap) => gap.to > from && gap.from < until);
  }

  longest(from: number, until: number): number {
    return Math.max(0, ...this.between(from, until).map(({ ms }) => ms));
  }
}
