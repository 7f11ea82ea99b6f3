import type { Session, SessionId, SessionList } from '@avatar-bridge/contracts';
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

  constructor({
    connection,
    keys,
    leaseQueue,
  }: {
    connection: Connection;
    keys: Keys;
    leaseQueue: LeaseQueue;
  }) {
    this.#connection = connection;
    this.#keys = keys;
    this.#leaseQueue = leaseQueue;
  }

  async record(id: SessionId): Promise<SessionRecord> {
    const fields = await this.#connection.call((redis) => redis.hgetall(this.#keys.session(id).record));
    if (!fields['state']) throw new UnknownSessionError(id);
    return toRecord(id, fields);
  }

  async get(id: SessionId): Promise<Session> {
    return this.shown(await this.record(id));
  }

  /** What everybody may see, with the position while it is queued. */
  async shown(record: SessionRecord): Promise<Session> {
    return toSession(
      record,
      record.state === 'queued' ? await this.#leaseQueue.position(record.id) : undefined,
    );
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
    const waiting = found.some((fields) => fields['state'] === 'queued')
      ? await this.#leaseQueue.waiting()
      : [];
    const listed: Session[] = [];
    for (const [i, id] of ids.entries()) {
      const fields = found[i] ?? {};
      if (!fields['state'] || (state !== undefined && fields['state'] !== state)) continue;
      const record = toRecord(id, fields);
      listed.push(
        toSession(record, record.state === 'queued' ? Math.max(0, waiting.indexOf(id)) : undefined),
      );
    }
    const last = ids.length === Math.min(limit, 200) ? ids.at(-1) : undefined;
    return { sessions: listed, ...(last !== undefined && { cursor: last }) };
  }
}

/** What a script's `unknown` or `ended` is to a caller. */
export function refusal(id: SessionId, status: string): Error {
  return status === 'unknown' ? new UnknownSessionError(id) : new SessionEndedError(id);
}
