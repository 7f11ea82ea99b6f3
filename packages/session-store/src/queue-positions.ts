import type { SessionEventBody, SessionId } from '@avatar-bridge/contracts';
import type { Admission } from './admission.ts';
import type { Connection } from './connection.ts';
import { expectedWaitMs } from './expected-wait.ts';
import type { LeaseQueue } from './lease/lease-queue.ts';
import type { Keys } from './record/keys.ts';
import { waitSeconds } from './record/session-record.ts';
import { logLimits } from './retention.ts';
import * as scripts from './scripts/index.ts';
import type { Retention } from './types.ts';

/** Many slots may be taken at once: they are told together, ms. */
const soonMs = 200;

export type QueuePositionsParts = {
  connection: Connection;
  keys: Keys;
  leaseQueue: LeaseQueue;
  admission: Admission;
  retention: Retention;
  /** Aborts when the store closes. */
  closing: AbortSignal;
};

/** Tells sessions that wait for a slot how far they have come. */
export class QueuePositions {
  readonly #parts: QueuePositionsParts;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: QueuePositionsParts) {
    this.#parts = parts;
    parts.closing.addEventListener('abort', () => clearTimeout(this.#timer));
  }

  /** Tells each whose position has changed enough since it was told. */
  async tell(): Promise<void> {
    const { connection, keys, leaseQueue, admission } = this.#parts;
    const { queue } = leaseQueue;
    const used = {
      ...keys.account,
      queueWait: queue.toKey('wait'),
      queuePrioritized: queue.toKey('prioritized'),
    };
    const [, ...moved] = await connection.run(scripts.movedPositions, used, {});
    if (moved.length === 0) return;
    const use = await admission.slotUse();
    const told: Promise<unknown>[] = [];
    for (let i = 0; i + 1 < moved.length; i += 2) {
      const position = Number(moved[i + 1]);
      const waitMs = expectedWaitMs(position, use);
      told.push(
        this.#append(moved[i] as SessionId, { type: 'session.position', position, ...waitSeconds(waitMs) }),
      );
    }
    await Promise.all(told);
  }

  /** Tells them a little later; what fails is made up for by the next `tell`. */
  tellSoon(): void {
    if (this.#timer || this.#parts.closing.aborted) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.tell().catch(() => {});
    }, soonMs);
    this.#timer.unref();
  }

  #append(id: SessionId, event: Extract<SessionEventBody, { type: 'session.position' }>): Promise<unknown> {
    const { connection, keys, retention } = this.#parts;
    const args = { ...logLimits(retention), event: JSON.stringify(event) };
    return connection.run(scripts.tellPosition, keys.session(id), args);
  }
}
