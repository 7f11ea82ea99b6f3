import type { SessionId, SessionPriority } from '@avatar-bridge/contracts';
import { Queue } from 'bullmq';
import type { JobsOptions } from 'bullmq';
import type { Connection } from '../connection.ts';
import type { Keys } from '../record/keys.ts';
import { rateLimited } from '../log.ts';
import type { Logger } from '../types.ts';

/**
 * `base` is the session's epoch when the job was made: a job that was lost and put back must not count from 0
 * again.
 */
export type LeaseData = { base: number };

export const leaseAttempts = 20;

/** What the queue needs to know of a session. */
export type Queueable = { id: SessionId; epoch: number; priority: SessionPriority };

/**
 * BullMQ takes a job without a priority before all that have one, and then the lowest number: sessions that
 * have begun have none (`takeSlot` takes it from them), so that those that are handed over, or whose worker
 * died, go before those that have not begun.
 */
export const jobPriorities: Record<SessionPriority, number> = { high: 1, normal: 2, low: 3 };

/** A finished lease leaves nothing; one that failed for good stays to be looked at. */
const jobOptions: JobsOptions = {
  attempts: leaseAttempts,
  removeOnComplete: true,
  removeOnFail: { age: 86_400, count: 100 },
};

/**
 * The producers' side of the lease queue: one job for each session that has not ended, `jobId` = the
 * session's id.
 */
export class LeaseQueue {
  readonly queue: Queue<LeaseData>;
  readonly #connection: Connection;
  readonly #keys: Keys;

  constructor(connection: Connection, keys: Keys, logger?: Logger) {
    this.#connection = connection;
    this.#keys = keys;
    this.queue = new Queue(keys.queueName, {
      connection: connection.redis,
      prefix: keys.queuePrefix,
      streams: { events: { maxLen: 1_000 } },
      // With either of these left to BullMQ, a queue that was made while Redis was down would be broken for
      // good.
      skipWaitingForReady: true,
      skipVersionCheck: true,
    });
    const log = rateLimited(logger);
    this.queue.on('error', (error) =>
      log('warn', error.message, { error: error.message }, 'lease queue error'),
    );
  }

  /** Puts the session's job in the queue, behind those that go before it; nothing happens if it has one. */
  async add({ id, epoch, priority }: Queueable): Promise<void> {
    const options = { ...jobOptions, jobId: id, ...(epoch === 0 && { priority: jobPriorities[priority] }) };
    await this.#connection.call(() => this.queue.add('session', { base: epoch }, options));
  }

  /** Takes the session's job out unless a worker holds it. */
  async remove(id: SessionId): Promise<boolean> {
    return (await this.#connection.call(() => this.queue.remove(id))) === 1;
  }

  /** Whether the session has a job that will be worked on. */
  async has(id: SessionId): Promise<boolean> {
    const state = await this.#connection.call(() => this.queue.getJobState(id));
    return state !== 'unknown' && state !== 'failed' && state !== 'completed';
  }

  /** Those that a worker holds the lease of now. */
  async held(ids: readonly SessionId[]): Promise<ReadonlySet<SessionId>> {
    if (ids.length === 0) return new Set();
    const locks = await this.#connection.call((redis) =>
      redis.mget(ids.map((id) => `${this.queue.toKey(id)}:lock`)),
    );
    return new Set(ids.filter((_, index) => locks[index] !== null));
  }

  /** Puts a parked session's job back in the queue; false if it is not there. */
  async wake(id: SessionId): Promise<boolean> {
    return this.#connection.call(async () => {
      const job = await this.queue.getJob(id);
      if ((await job?.getState()) !== 'delayed') return false;
      // Somebody else may be quicker.
      return job!.promote().then(
        () => true,
        () => false,
      );
    });
  }

  /** To be asked when its job was put aside: what needed the session before could not wake it. */
  async wakeIfWanted(id: SessionId): Promise<boolean> {
    const [state, wanted] = await this.#connection.call((redis) =>
      redis.hmget(this.#keys.session(id).record, 'state', 'wanted'),
    );
    return state === 'parked' && wanted !== null && this.wake(id);
  }

  /** How many jobs wait before this one; 0 if it does not wait. */
  async position(id: SessionId): Promise<number> {
    const begun = this.queue.toKey('wait');
    const [length, index, rank] = await this.#connection.call((redis) =>
      Promise.all([
        redis.llen(begun),
        redis.lpos(begun, id, 'RANK', -1),
        redis.zrank(this.queue.toKey('prioritized'), id),
      ]),
    );
    if (rank !== null) return length + rank;
    return index === null ? 0 : Math.max(0, length - 1 - index);
  }

  /** The waiting sessions, next one first. */
  async waiting(): Promise<SessionId[]> {
    const [begun, others] = await this.#connection.call((redis) =>
      Promise.all([
        redis.lrange(this.queue.toKey('wait'), 0, -1),
        redis.zrange(this.queue.toKey('prioritized'), 0, '-1'),
      ]),
    );
    return [...begun.toReversed(), ...others];
  }

  async setSlots(slots: number): Promise<void> {
    await this.#connection.call(() => this.queue.setGlobalConcurrency(slots));
  }

  async close(): Promise<void> {
    await this.queue.close();
  }
}
