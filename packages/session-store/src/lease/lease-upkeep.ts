import { setTimeout as delay } from 'node:timers/promises';
import type { RedisClient } from '../connection.ts';
import type { HeldLease } from './held-lease.ts';
import { type LeaseLock, LeaseLocks } from './lease-locks.ts';
import { SteadyContact } from './steady-contact.ts';

/** Steady contact, in ms, after which a lock that has run out tells that its holder is dead. */
const steadyMs = 2_000;

export type LeaseUpkeepParts = {
  /** A connection that waits while Redis is away. */
  redis: RedisClient;
  toKey: (name: string) => string;
  lockDuration: number;
  stalledInterval: number;
  /** Those to be kept now, with their locks. */
  held: () => readonly { lease: HeldLease; lock: LeaseLock }[];
  /** Puts jobs back in the queue whose holders are dead. */
  requeueStalled: () => Promise<void>;
  contact: () => void;
  failed: (error: Error) => void;
};

/** Keeps a worker's leases, and has those of dead workers leased again. */
export class LeaseUpkeep {
  readonly #parts: LeaseUpkeepParts;
  readonly #locks: LeaseLocks;
  readonly #contact = new SteadyContact();
  readonly #closing = new AbortController();

  constructor(parts: LeaseUpkeepParts) {
    const { redis, toKey, lockDuration, stalledInterval } = parts;
    this.#parts = parts;
    this.#locks = new LeaseLocks(redis, toKey);
    let connected = false;
    redis.on('ready', () => {
      if (connected) this.#contact.broken(performance.now());
      connected = true;
    });
    void this.#every(lockDuration / 4, () => this.#renew());
    void this.#every(stalledInterval, (due) => this.#lookForStalled(due));
  }

  close(): void {
    this.#closing.abort();
  }

  async #renew(): Promise<void> {
    const held = this.#parts.held();
    if (held.length === 0) return;
    const asked = performance.now();
    const { lockDuration } = this.#parts;
    const lost = new Set(
      await this.#locks.keep(
        held.map(({ lock }) => lock),
        lockDuration,
      ),
    );
    this.#parts.contact();
    for (const { lease, lock } of held) {
      if (lost.has(lock.id)) lease.fence('somebody else has it');
      else lease.renewed(asked);
    }
    // What came so late leaves nothing of the lease.
    if (performance.now() - asked > lockDuration / 2) await this.#renew();
  }

  /**
   * Not soon after a silence of Redis, or of this process: the holders that live are about to take their
   * locks again, and must not be taken for dead meanwhile.
   */
  async #lookForStalled(due: number): Promise<void> {
    // Of the leases' own keys: in a Cluster each node may be away by itself.
    await this.#parts.redis.exists(this.#parts.toKey('stalled'));
    const answered = performance.now();
    this.#contact.asked(due, answered);
    this.#parts.contact();
    if (this.#contact.lastedMs(answered) >= steadyMs) await this.#parts.requeueStalled();
  }

  async #every(intervalMs: number, work: (due: number) => Promise<void>): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const due = performance.now() + intervalMs;
      await delay(intervalMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      await work(due).catch((error: unknown) => {
        this.#contact.broken(performance.now());
        if (!signal.aborted) this.#parts.failed(error as Error);
      });
    }
  }
}
