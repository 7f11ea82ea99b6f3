import type { Mode } from './session/mode.ts';

/** Credits of a minute, or of a part of one. */
export const creditsPerMinute: Record<Mode, number> = { FULL: 2, LITE: 1 };

/** What the account has left. */
export class Credits {
  #left: number;

  constructor(left: number) {
    this.#left = left;
  }

  get left(): number {
    return this.#left;
  }

  has(amount: number): boolean {
    return this.#left >= amount;
  }

  /** False, and nothing is taken, when there is not enough. */
  take(amount: number): boolean {
    if (!this.has(amount)) return false;
    this.#left -= amount;
    return true;
  }

  giveBack(amount: number): void {
    this.#left += amount;
  }

  set(left: number): void {
    this.#left = left;
  }
}
