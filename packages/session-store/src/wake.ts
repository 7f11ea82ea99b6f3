/** Lets one waiter sleep until somebody calls `notify`; a call while nobody waits is kept for the next wait. */
export class Wake {
  #pending = false;
  #resume: (() => void) | undefined;

  notify(): void {
    if (this.#resume) this.#resume();
    else this.#pending = true;
  }

  /** Resolves at the next `notify`, or after `ms`. */
  async wait(ms?: number): Promise<void> {
    if (this.#pending) {
      this.#pending = false;
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => this.#resume?.(), ms);
      this.#resume = () => {
        clearTimeout(timer);
        this.#resume = undefined;
        resolve();
      };
    });
  }
}
