/**
 * ms that an answer may take, and that this process may be late, before Redis or the process counts as
 * silent.
 */
const hiccupMs = 300;

/**
 * How long Redis has been answering without a break. After a silence its clients come back one after the
 * other: who judges then that another worker is dead judges too early. Times by `performance.now()`.
 */
export class SteadyContact {
  #since: number;

  constructor(since = Number.NEGATIVE_INFINITY) {
    this.#since = since;
  }

  /** Redis was asked, due at `due`, and answered at `answered`. */
  asked(due: number, answered: number): void {
    if (answered - due > hiccupMs) this.#since = answered;
  }

  /** It refused to answer, or the connection was lost and is there again. */
  broken(now: number): void {
    this.#since = now;
  }

  lastedMs(now: number): number {
    return now - this.#since;
  }
}
