/** Why nothing new is handed over, while what the vendor holds may go on. */
export type Reason =
  /** Something is about to be done that wants a pause between two utterances. */
  | 'held'
  /** Nobody hears the avatar. */
  | 'suspended'
  /** A moderator of the stage muted it. */
  | 'muted'
  /** The avatar does not come through from the vendor. */
  | 'unseen';

/** The reasons that there are now. */
export class Pauses {
  readonly #reasons = new Set<Reason>();
  readonly #over: () => void;

  /** @param over is called when one is over */
  constructor(over: () => void) {
    this.#over = over;
  }

  get any(): boolean {
    return this.#reasons.size > 0;
  }

  has(reason: Reason): boolean {
    return this.#reasons.has(reason);
  }

  /** True when that is new. */
  set(reason: Reason, on: boolean): boolean {
    if (this.#reasons.has(reason) === on) return false;
    if (on) this.#reasons.add(reason);
    else this.#reasons.delete(reason);
    if (!on) this.#over();
    return true;
  }
}
