import { now } from '../clock.ts';

/** Lets one loop sleep until somebody has news for it or a time has come. News during the loop's work are kept. */
export class Wake {
  #news = false;
  #resolve: (() => void) | undefined;

  readonly wake = (): void => {
    this.#news = true;
    this.#resolve?.();
  };

  /** Until the next wake(), at most until `deadline` (epoch ms). At once when one was missed. */
  async sleep(deadline = Number.POSITIVE_INFINITY): Promise<void> {
    if (!this.#news) {
      await new Promise<void>((resolve) => {
        const wait = Math.min(Math.max(deadline - now(), 0), 60_000);
        const timer = setTimeout(resolve, wait);
        this.#resolve = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#resolve = undefined;
    }
    this.#news = false;
  }
}
