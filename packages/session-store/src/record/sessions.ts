import type { Session, SessionId, SessionList } from '@avatar-bridge/contracts';
import type { Admission } from '../admission.ts';
import { expectedWaitMs } from '../expected-wait.ts';
import type { Connection } from '../connection.ts';
import { SessionEndedError, UnknownSessionError } from '../errors.ts';
import type { LeaseQueue } from '../lease/lease-queue.ts';
import type { SessionQuery, SessionRecord } from '../types.ts';
import type { Keys } from './keys.ts';
import { toRecord, toSession } from './session-record.ts';

/** Reads session records. */
export class Sessions {
  readonly #connection: Connection;
  readonly #keys: Keys;
  readonly #leaseQueue: LeaseQueue;
  readonly #admission: Admission;

  constructor(parts: { connection: Connection; keys: Keys; leaseQueue: LeaseQueue; admission: Admission }) {
    this.#connection = parts.connection;
    this.#keys = parts.keys;
    this.#leaseQueue = parts.leaseQueue;
    this.#admission = parts.admission;
  }

  async record(id: SessionId): Promise<SessionRecord> {
    const fields = await this.#connection.call((redis) => redis.hgetall(this.#keys.session(id).record));
    if (!fields['state']) throw new UnknownSessionError(id);
    return toRecord(id, fields);
  }

  async get(id: SessionId): Promise<Session> {
    return this.shown(await this.record(id));
  }

  /** What everybody may see, with its place in the queue while it is queued. */
  async shown(record: SessionRecord): Promise<Session> {
    if (record.state !== 'queued') return toSession(record);
    const [position, use] = await Promise.all([
      this.#leaseQueue.position(record.id),
      this.#admission.slotUse(),
    ]);
    return toSession(record, { position, waitMs: expectedWaitMs(position, use) });
  }

  async list({ state, cursor, limit = 50 }: SessionQuery = {}): Promise<SessionList> {
    const { sessions, open } = this.#keys.account;
    const index = state === undefined || state === 'ended' ? sessions : open;
    const from = cursor === undefined ? '+' : `(${cursor}`;
    const ids = await this.#connection.call((redis) =>
      redis.zrange(index, from, '-', 'BYLEX', 'REV', 'LIMIT', 0, Math.min(limit, 200)),
    );
    const found = await this.#connection.call((redis) =>
      Promise.all(ids.map((id) => redis.hgetall(this.#keys.session(id).record))),
    );
    const queued = found.some((fields) => fields['state'] === 'queued');
    const queue = queued && {
      waiting: await this.#leaseQueue.waiting(),
      use: await this.#admission.slotUse(),
    };
    const placeOf = (id: SessionId) => {
      if (!queue) return undefined;
      const position = Math.max(0, queue.waiting.indexOf(id));
      return { position, waitMs: expectedWaitMs(position, queue.use) };
    };
    const listed: Session[] = [];
    for (const [i, id] of ids.entries()) {
      const fields = found[i] ?? {};
      if (!fields['state'] || (state !== undefined && fields['state'] !== state)) continue;
      const record = toRecord(id, fields);
      listed.push(toSession(record, record.state === 'queued' ? placeOf(id) : undefined));
    }
    const last = ids.length === Math.min(limit, 200) ? ids.at(-1) : undefined;
    return { sessions: listed, ...(last !== undefined && { cursor: last }) };
  }
}

/** What a script's `unknown` or `ended` is to a caller. */
export function refusal(id: SessionId, status: string): Error {
  return status === 'unknown' ? new UnknownSessionError(id) : new SessionEndedError(id);
}
