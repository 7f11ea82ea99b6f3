import { randomUUID } from 'node:crypto';
import type { SessionId } from '@avatar-bridge/contracts';
import { FencedError } from './errors.ts';
import { LeaseRunner } from './lease/lease-runner.ts';
import { ClaimedSession } from './owned-session.ts';
import { pairs, toRecord } from './record/session-record.ts';
import { refusal } from './record/sessions.ts';
import * as scripts from './scripts/index.ts';
import type { StoreParts } from './store-parts.ts';
import type { LeaseOptions, LeaseWorker, OwnedSession, SlotAccount } from './types.ts';

/** What those use who act for sessions: workers. */
export interface Ownership {
  /**
   * Makes the epoch's holder the owner: every write of an earlier one is refused from now on. Throws
   * FencedError, SessionEndedError.
   */
  claim(id: SessionId, owner: { epoch: number; worker: string }): Promise<OwnedSession>;
  /** As `OwnedSession` has it, before a session is claimed. */
  reserveInAccount(id: SessionId, account: SlotAccount): Promise<boolean>;
  leases(options: LeaseOptions): LeaseWorker;
}

/** @param leaseWorkers holds those that are not closed */
export function ownership(parts: StoreParts, leaseWorkers: Set<LeaseWorker>): Ownership {
  const {
    connection,
    subscriptions,
    keys,
    leaseQueue,
    retention,
    closing,
    admission,
    positions,
    ends,
    ledger,
    redisUrl,
    logger,
  } = parts;
  return {
    async claim(id, { epoch, worker }) {
      const token = `${epoch} ${worker} ${randomUUID()}`;
      const args = { owner: token, epoch, worker };
      const [status, answer, flat] = await connection.run(scripts.claimSession, keys.session(id), args);
      if (status === 'fenced') throw new FencedError(id, epoch, `epoch ${String(answer)} owns the session`);
      if (status !== 'ok') throw refusal(id, status);
      const record = toRecord(id, pairs(flat as string[]));
      if (record.state === 'parked')
        await connection.call((redis) => redis.hdel(keys.account.parked, id)).catch(() => {});
      return new ClaimedSession({
        connection,
        subscriptions,
        keys,
        retention,
        closing,
        record,
        claimedAt: answer as number,
        token,
        ends,
        ledger,
      });
    },

    reserveInAccount: (id, account) => ledger.reserveInAccount(id, account, false),

    leases(options) {
      const worker = new LeaseRunner({
        ...options,
        redisUrl,
        keys,
        ...(logger && { logger }),
        takeSlot: (id) => {
          positions.tellSoon();
          return admission.takeSlot(id);
        },
        expire: (id) => ends.waitedTooLong(id),
        fail: ({ sessionId, epoch }, end) => ends.byHolder(sessionId, epoch, end),
        wakeIfWanted: (id) => leaseQueue.wakeIfWanted(id),
        closed: () => leaseWorkers.delete(worker),
      });
      leaseWorkers.add(worker);
      return worker;
    },
  };
}
