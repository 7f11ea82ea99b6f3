import type { SessionId, SessionPriority } from '@avatar-bridge/contracts';
import type { Connection } from './connection.ts';
import { QueueFullError } from './errors.ts';
import { jobPriorities, type LeaseQueue } from './lease/lease-queue.ts';
import type { Keys } from './record/keys.ts';
import * as scripts from './scripts/index.ts';
import { expectedWaitMs, type SlotUse, stepMs } from './expected-wait.ts';

/** How long a session is taken to hold its slot before any has ended, ms. */
const guessedHeldMs = 300_000;
/** A refused caller comes back within this, ms: sessions end earlier than others did. */
const longestRetryMs = 60_000;

export type Ticket = {
  /** What the Idempotency-Key is kept as, and the hash of the body; empty without one. */
  key: string;
  bodyHash: string;
  idempotencyTtl: number;
  /** ms that the session may wait for a slot. */
  queuedMs: number;
  priority: SessionPriority;
};

/**
 * `position`: how many wait before it. `replayed`: the key stands for this session already; `open`: it has
 * not ended.
 */
export type Admitted = {
  id: SessionId;
  position: number;
  bodyHash: string;
  replayed: boolean;
  open: boolean;
};

/** Who may wait for a slot of an account, who holds one, and for how long. */
export class Admission {
  readonly #connection: Connection;
  readonly #keys: Keys;
  readonly #queue: LeaseQueue['queue'];
  readonly #limit: number;

  constructor(parts: { connection: Connection; keys: Keys; leaseQueue: LeaseQueue; queueLimit: number }) {
    this.#connection = parts.connection;
    this.#keys = parts.keys;
    this.#queue = parts.leaseQueue.queue;
    this.#limit = parts.queueLimit;
  }

  /** Lets a session into the queue. Throws QueueFullError. */
  async admit(id: SessionId, { key, bodyHash, priority, ...ticket }: Ticket): Promise<Admitted> {
    const keys = {
      ...this.#keys.account,
      idempotencyKey: this.#keys.idempotency(key),
      queueMeta: this.#queue.toKey('meta'),
      queueWait: this.#queue.toKey('wait'),
      queuePrioritized: this.#queue.toKey('prioritized'),
    };
    const idempotency = key === '' ? '' : `${bodyHash} ${id}`;
    const args = { ...ticket, id, idempotency, limit: this.#limit, priority: jobPriorities[priority] };
    const [status, answer, taken, open] = await this.#connection.run(scripts.admitSession, keys, args);
    if (status === 'full') throw this.#refusal(Number(answer), await this.slotUse());
    if (status === 'ok') return { id, position: Number(answer), bodyHash, replayed: false, open: true };
    const [former, formerId] = String(taken).split(' ') as [string, SessionId];
    return { id: formerId, position: Number(answer), bodyHash: former, replayed: true, open: open === 1 };
  }

  /** Says that a session holds a slot from now on. False: it had waited too long. */
  async takeSlot(id: SessionId): Promise<boolean> {
    const keys = { ...this.#keys.account, job: this.#queue.toKey(id) };
    const [status] = await this.#connection.run(scripts.takeSlot, keys, { id });
    return status === 'ok';
  }

  /** The session has ended. */
  async leave(id: SessionId): Promise<void> {
    await this.#connection.run(scripts.leaveAccount, this.#keys.account, { id });
  }

  /**
   * Those that have waited for a slot for too long, some at a time. Also repairs what crashes left behind.
   */
  async overdue(): Promise<SessionId[]> {
    const [, ...ids] = await this.#connection.run(scripts.overdueSessions, this.#keys.account, {});
    return ids as SessionId[];
  }

  async slotUse(): Promise<SlotUse> {
    const { slotHolders, averageHeldMs } = this.#keys.account;
    const [slots, held, average] = await this.#connection.call((redis) =>
      Promise.all([
        redis.hget(this.#queue.toKey('meta'), 'concurrency'),
        redis.hlen(slotHolders),
        redis.get(averageHeldMs),
      ]),
    );
    return {
      slots: slots === null ? undefined : Number(slots),
      held,
      averageHeldMs: average === null ? undefined : Number(average),
    };
  }

  #refusal(waiting: number, known: SlotUse): QueueFullError {
    const use = {
      slots: known.slots ?? 1,
      held: Math.max(known.held, known.slots ?? 1),
      averageHeldMs: known.averageHeldMs ?? guessedHeldMs,
    };
    return new QueueFullError(waiting, {
      estimatedWaitMs: expectedWaitMs(waiting, use) as number,
      retryAfter: Math.min(stepMs(use) as number, longestRetryMs),
    });
  }
}
