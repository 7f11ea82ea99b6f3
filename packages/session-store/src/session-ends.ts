import type { Admission } from './admission.ts';
import type { SessionEnd, SessionEventBody, SessionId } from '@avatar-bridge/contracts';
import type { Answer, Connection } from './connection.ts';
import type { Keys } from './record/keys.ts';
import { eventAfterSeq } from './record/message-record.ts';
import { logLimits } from './retention.ts';
import * as scripts from './scripts/index.ts';
import type { Retention } from './types.ts';

const noSlot: SessionEnd = {
  outcome: 'failed',
  code: 'no-slot',
  message:
    'No slot became free for it in time: all of them are in use, or no worker is there. Try again later',
};

/** The end that somebody asked for. */
export function stopped(reason: string): SessionEnd {
  return { outcome: 'stopped', code: 'stopped', message: reason };
}

/** The end of a session that has lasted as long as its limits allow. */
export function outlasted(maxDurationSeconds: number): SessionEnd {
  const message = `It was open for ${maxDurationSeconds} s, as long as its limits allow`;
  return { outcome: 'stopped', code: 'max-duration', message };
}

/** Ends sessions: for their owners, and where there is none. */
export class SessionEnds {
  readonly #connection: Connection;
  readonly #keys: Keys;
  readonly #admission: Admission;
  readonly #retention: Retention;

  constructor(parts: { connection: Connection; keys: Keys; admission: Admission; retention: Retention }) {
    this.#connection = parts.connection;
    this.#keys = parts.keys;
    this.#admission = parts.admission;
    this.#retention = parts.retention;
  }

  /** @param owner what the record must name as its owner */
  byOwner(id: SessionId, owner: string, end: SessionEnd): Promise<Answer> {
    return this.#end(id, { owner, epoch: 0 }, end);
  }

  /**
   * For who holds the session's lease, or knows that nobody does. False: its record has a later epoch than
   * this.
   */
  async byHolder(id: SessionId, epoch: number, end: SessionEnd): Promise<boolean> {
    const [status] = await this.#end(id, { owner: '', epoch }, end);
    return status === 'ok';
  }

  /** Ends a session that got no slot in time. False: some worker has claimed it. */
  waitedTooLong(id: SessionId): Promise<boolean> {
    return this.byHolder(id, 0, noSlot);
  }

  /** An ended session is not open any more, and holds no slot; `reconcile` does it if this fails. */
  async close(id: SessionId): Promise<void> {
    await this.#admission.leave(id).catch(() => {});
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
