export type HeartbeatOptions = {
  /** ms between pings. */
  interval: number;
  /** ms without a sign of life after which the other side counts as gone. */
  timeout: number;
  ping(): void;
  onDead(): void;
};

/** How late a timer may fire before our own process, not the server, is the one that was asleep. */
const OVERSLEPT = 1_000;

/**
 * Sends pings and watches for any sign of life. `onDead` is called once, `timeout` ms after the last `alive()`. When this process itself
 * was stopped meanwhile, what the server sent is still unread: then it gets one more interval to be heard.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #pings: NodeJS.Timeout;
  #deadline: NodeJS.Timeout | undefined;
  #lastHeard = performance.now();
  #closed = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#pings = setInterval(() => options.ping(), options.interval);
    this.#watch(options.timeout);
  }

  alive(): void {
    this.#lastHeard = performance.now();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#pings);
    clearTimeout(this.#deadline);
  }

  #watch(delay: number): void {
    if (this.#closed) return;
    const due = performance.now() + delay;
    this.#deadline = setTimeout(() => {
      const now = performance.now();
      const left = this.#lastHeard + this.#options.timeout - now;
      if (left > 0) return this.#watch(left);
      if (now - due > OVERSLEPT) {
        this.#options.ping();
        return this.#watch(this.#options.interval);
      }
      this.close();
      this.#options.onDead();
    }, delay);
  }
}
