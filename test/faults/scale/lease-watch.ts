import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';

/** ms between two looks. */
const lookEveryMs = 150;
/** Looks until the leases are listed anew. */
const listEvery = 20;

/** How long leases go without being renewed, seen in Redis itself: how much is left of each lock. */
export class LeaseWatch implements AsyncDisposable {
  readonly #client: Redis;
  readonly #stop = new AbortController();
  readonly #watching: Promise<unknown>;
  /** The most that was left of any lock: what it is taken for. */
  #lockMs = 0;
  #leastLeftMs = Number.POSITIVE_INFINITY;
  #leases = 0;

  constructor(url: string) {
    this.#client = new Redis(url);
    this.#watching = this.#watch();
  }

  /** ms that the oldest lease was not renewed, at its worst, since `restart`. */
  get longestUnrenewedMs(): number {
    return this.#lockMs - this.#leastLeftMs;
  }

  get lockMs(): number {
    return this.#lockMs;
  }

  get leases(): number {
    return this.#leases;
  }

  /** Forgets what was until now. */
  restart(): void {
    this.#leastLeftMs = Number.POSITIVE_INFINITY;
  }

  async usedMemory(): Promise<number> {
    return Number(/used_memory:(\d+)/.exec(await this.#client.info('memory'))?.[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
    this.#client.disconnect();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    let locks: string[] = [];
    for (let look = 0; !signal.aborted; look++) {
      if (look % listEvery === 0) {
        locks = await locksIn(this.#client);
        this.#leases = locks.length;
      }
      const left = await this.#client.pipeline(locks.map((lock) => ['pttl', lock])).exec();
      for (const [, ms] of left ?? []) {
        // A lock that was given back says -2.
        if (typeof ms !== 'number' || ms < 0) continue;
        this.#lockMs = Math.max(this.#lockMs, ms);
        this.#leastLeftMs = Math.min(this.#leastLeftMs, ms);
      }
      await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function locksIn(client: Redis): Promise<string[]> {
  const found: string[] = [];
  for await (const keys of client.scanStream({ match: '*:lock', count: 1_000 }))
    found.push(...(keys as string[]));
  return [...new Set(found)];
}
