import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bound } from '../kit/measures.ts';

/** ms between two looks. */
const lookEveryMs = 150;
/** Looks until the leases are listed anew. */
const listEvery = 20;

/** How long leases go without being renewed, seen in Redis itself: how much is left of each lock. */
export class LeaseWatch implements AsyncDisposable {
  readonly #clients: Redis[];
  readonly #stop = new AbortController();
  readonly #watching: Promise<unknown>;
  /** The most that was left of any lock: what it is taken for. */
  #lockMs = 0;
  #leastLeftMs = Number.POSITIVE_INFINITY;
  readonly #leases = new Map<Redis, number>();

  /** `urls`: those of all nodes, for a Cluster. */
  constructor(urls: string[]) {
    this.#clients = urls.map((url) => new Redis(url, { maxRetriesPerRequest: 0, commandTimeout: 2_000 }));
    for (const client of this.#clients) client.on('error', () => {});
    this.#watching = Promise.all(this.#clients.map((client) => this.#watch(client)));
  }

  /** ms that the oldest lease was not renewed, at its worst, since `restart`; NaN when none was seen. */
  get longestUnrenewedMs(): number {
    return Number.isFinite(this.#leastLeftMs) ? this.#lockMs - this.#leastLeftMs : Number.NaN;
  }

  /** BullMQ renews at half of a lock's time: what is a second late at most. */
  get inTime(): Bound {
    return { max: this.#lockMs / 2 + 1_000 };
  }

  get leases(): number {
    return [...this.#leases.values()].reduce((sum, one) => sum + one, 0);
  }

  /** Forgets what was until now. */
  restart(): void {
    this.#leastLeftMs = Number.POSITIVE_INFINITY;
  }

  async usedMemory(): Promise<number> {
    const infos = await Promise.all(this.#clients.map((client) => client.info('memory')));
    return infos.reduce((sum, info) => sum + Number(/used_memory:(\d+)/.exec(info)?.[1]), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
    for (const client of this.#clients) client.disconnect();
  }

  async #watch(client: Redis): Promise<void> {
    const { signal } = this.#stop;
    let locks: string[] = [];
    for (let look = 0; !signal.aborted; look++) {
      try {
        if (look % listEvery === 0) {
          locks = await locksIn(client);
          this.#leases.set(client, locks.length);
        }
        const left = await client.pipeline(locks.map((lock) => ['pttl', lock])).exec();
        for (const [, ms] of left ?? []) {
          // A lock that was given back says -2.
          if (typeof ms !== 'number' || ms < 0) continue;
          this.#lockMs = Math.max(this.#lockMs, ms);
          this.#leastLeftMs = Math.min(this.#leastLeftMs, ms);
        }
      } catch {
        // Looked at again when it is back.
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
