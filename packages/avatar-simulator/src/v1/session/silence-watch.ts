/** Counts how often the user let a while go by in silence. The clock stands still while the avatar speaks. */
export class SilenceWatch {
  readonly #after: number;
  readonly #onSilence: (times: number) => void;
  #times = 0;
  #timer: NodeJS.Timeout | undefined;
  #on = false;

  constructor(after: number, onSilence: (times: number) => void) {
    this.#after = after;
    this.#onSilence = onSilence;
  }

  start(): void {
    this.#on = true;
    this.#rearm();
  }

  stop(): void {
    this.#on = false;
    clearTimeout(this.#timer);
  }

  /** The user said something. */
  heard(): void {
    this.#times = 0;
    this.#rearm();
  }

  speaking(active: boolean): void {
    if (active) clearTimeout(this.#timer);
    else this.#rearm();
  }

  #rearm(): void {
    clearTimeout(this.#timer);
    if (!this.#on) return;
    this.#timer = setTimeout(() => {
      this.#times++;
      this.#rearm();
      this.#onSilence(this.#times);
    }, this.#after);
  }
}
