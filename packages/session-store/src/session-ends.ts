import type { SessionEnd, SessionEventBody, SessionId } from '@avatar-bridge/contracts';
import type { Answer, Connection } from './connection.ts';
import type { Keys } from './record/keys.ts';
import { eventAfterSeq } from './record/message-record.ts';
import { logLimits } from './retention.ts';
import * as scripts from './scripts/index.ts';
import type { Retention } from './types.ts';

/** Ends sessions: for their owners, and where there is none. */
export class SessionEnds {
  readonly #connection: Connection;
  readonly #keys: Keys;
  readonly #retention: Retention;

  constructor({ connection, keys, retention }: { connection: Connection; keys: Keys; retention: Retention }) {
    this.#connection = connection;
    this.#keys = keys;
    this.#retention = retention;
  }

  /** @param owner what the record must name as its owner */
  byOwner(id: SessionId, owner: string, end: SessionEnd): Promise<Answer> {
    return this.#end(id, { owner, epoch: 0 }, end);
  }

  /** Ends a stopped session that no worker ever claimed. */
  unclaimed(id: SessionId, reason: string): Promise<boolean> {
    return this.byHolder(id, 0, { outcome: 'stopped', code: 'stopped', message: reason });
  }

  /** For who holds the session's lease, or knows that nobody does. False: its record has a later epoch than this. */
  async byHolder(id: SessionId, epoch: number, end: SessionEnd): Promise<boolean> {
    const [status] = await this.#end(id, { owner: '', epoch }, end);
    return status === 'ok';
  }

  /** Takes an ended session out of the open ones; `reconcile` does it if this fails. */
  async close(id: SessionId): Promise<void> {
    await this.#connection.call((redis) => redis.zrem(this.#keys.account.open, id)).catch(() => {});
  }

  async #end(id: SessionId, by: { owner: string; epoch: number }, end: SessionEnd): Promise<Answer> {
    const reason = `The session ended: ${end.message}`;
    const answer = await this.#connection.run(scripts.endSession, this.#keys.session(id), {
      ...by,
      ...logLimits(this.#retention),
      ttl: this.#retention.endedSession,
      endJson: JSON.stringify(end),
      reason,
      droppedAfterSeq: eventAfterSeq({ reason }),
      event: JSON.stringify({ type: 'session.ended', ...end } satisfies SessionEventBody),
    });
    if (answer[0] === 'ok' || answer[0] === 'ended') await this.close(id);
    return answer;
  }
}
