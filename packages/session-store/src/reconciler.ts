import type { SessionEnd, SessionId, SessionLimits, SessionPriority } from '@avatar-bridge/contracts';
import type { Admission } from './admission.ts';
import type { Connection } from './connection.ts';
import { idTime } from './ids.ts';
import type { LeaseQueue, Queueable } from './lease/lease-queue.ts';
import type { QueuePositions } from './queue-positions.ts';
import type { Keys } from './record/keys.ts';
import { outlasted, type SessionEnds, stopped } from './session-ends.ts';
import type { Reconciled } from './types.ts';

const pageSize = 100;
/** A session without a record that is younger than this is being created right now. */
const creationGrace = 60_000;

type Found = Queueable & { state: string; end: SessionEnd | undefined };

const readFields = ['state', 'epoch', 'priority', 'stop', 'createdAt', 'limits'];

/** Repairs what crashes between two keys left behind, a page of each index at a time. */
export class Reconciler {
  readonly #connection: Connection;
  readonly #keys: Keys;
  readonly #leaseQueue: LeaseQueue;
  readonly #admission: Admission;
  readonly #positions: QueuePositions;
  readonly #ends: SessionEnds;
  readonly #places = new Map<string, SessionId>();

  constructor(parts: {
    connection: Connection;
    keys: Keys;
    leaseQueue: LeaseQueue;
    admission: Admission;
    positions: QueuePositions;
    ends: SessionEnds;
  }) {
    this.#connection = parts.connection;
    this.#keys = parts.keys;
    this.#leaseQueue = parts.leaseQueue;
    this.#admission = parts.admission;
    this.#positions = parts.positions;
    this.#ends = parts.ends;
  }

  async run(): Promise<Reconciled> {
    const report: Reconciled = { requeued: [], ended: [], expired: [], woken: [], trimmed: 0 };
    for (const id of await this.#admission.overdue()) await this.#expire(id, report);
    const { sessions, open, parked } = this.#keys.account;
    const at = await this.#redisTime();
    const forgotten: SessionId[] = [];
    for (const [id, fields] of await this.#next(open, readFields)) {
      const [state, epoch, priority] = fields;
      if (!state) forgotten.push(id);
      else if (state === 'ended') await this.#ends.close(id);
      else {
        const session = { id, epoch: Number(epoch), priority: priority as SessionPriority };
        await this.#look({ ...session, state, end: endOf(fields, at) }, report);
      }
    }
    for (const [id, [state]] of await this.#next(sessions, ['state'])) if (!state) forgotten.push(id);
    const gone = forgotten.filter((id) => idTime(id) < at - creationGrace);
    if (gone.length > 0) {
      const trimmed = await this.#connection.call((redis) =>
        Promise.all([redis.zrem(sessions, ...gone), redis.zrem(open, ...gone), redis.hdel(parked, ...gone)]),
      );
      report.trimmed = Math.max(...trimmed);
    }
    await this.#positions.tell();
    return report;
  }

  /** It got no slot in time: its end first, so that a worker that leases it now finds that it has ended. */
  async #expire(id: SessionId, report: Reconciled): Promise<void> {
    if (!(await this.#ends.waitedTooLong(id))) return;
    report.expired.push(id);
    await this.#leaseQueue.remove(id);
  }

  /** A session that has not ended needs a job, unless it may end right here. */
  async #look(session: Found, report: Reconciled): Promise<void> {
    const { id, state, epoch, end } = session;
    const unleased = state === 'queued' || state === 'parked';
    const hasJob = await this.#leaseQueue.has(id);
    if (unleased && end) {
      if (hasJob && !(await this.#leaseQueue.remove(id))) return;
      if (await this.#ends.byHolder(id, epoch, end)) report.ended.push(id);
    } else if (!hasJob) {
      // A failed job keeps its id: out with it. One that was put back meanwhile and is held stays.
      await this.#leaseQueue.remove(id);
      await this.#leaseQueue.add(session);
      report.requeued.push(id);
    } else if (state === 'parked' && (await this.#leaseQueue.wakeIfWanted(id))) {
      report.woken.push(id);
    }
  }

  /** Sessions are dated by Redis' clock. */
  async #redisTime(): Promise<number> {
    const [seconds, microseconds] = await this.#connection.call((redis) => redis.time());
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  }

  /** The next page of an index, with fields of the records. */
  async #next(index: string, fields: string[]): Promise<[SessionId, (string | null)[]][]> {
    const place = this.#places.get(index);
    const from = place === undefined ? '-' : `(${place}`;
    const ids = await this.#connection.call((redis) =>
      redis.zrange(index, from, '+', 'BYLEX', 'LIMIT', 0, pageSize),
    );
    if (ids.length === pageSize) this.#places.set(index, ids[pageSize - 1] as SessionId);
    else this.#places.delete(index);
    const records = await this.#connection.call((redis) =>
      Promise.all(ids.map((id) => redis.hmget(this.#keys.session(id).record, ...fields))),
    );
    return ids.map((id, i) => [id, records[i] ?? []]);
  }
}

/**
 * How a session ends at `at`, epoch ms, that no worker has: asked for, or because it has lasted as long as it
 * may.
 */
function endOf([, , , stop, createdAt, limits]: (string | null)[], at: number): SessionEnd | undefined {
  if (stop) return stopped((JSON.parse(stop) as { reason: string }).reason);
  const { maxDurationSeconds } = JSON.parse(limits ?? '{}') as SessionLimits;
  return at >= Number(createdAt) + maxDurationSeconds * 1_000 ? outlasted(maxDurationSeconds) : undefined;
}
