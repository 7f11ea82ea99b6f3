import type { OfferedProviders, SessionId, Usage } from '@avatar-bridge/contracts';
import { parseOffer, union } from './offered-providers.ts';
import { Reconciler } from './reconciler.ts';
import * as scripts from './scripts/index.ts';
import type { StoreParts } from './store-parts.ts';
import type { Reconciled, VendorSessionEntry, VendorSessionRef } from './types.ts';

const readyTimeout = 1_000;

/** What concerns an account as a whole: slots, vendor sessions, repair. */
export interface Upkeep {
  /** How many sessions may be leased at a time, over all workers. */
  setSlots(slots: number): Promise<void>;
  /**
   * Repairs what crashes left behind. Each call looks at a bounded part, the next call at the next. Call it
   * every few seconds.
   */
  reconcile(): Promise<Reconciled>;
  /** Parked sessions and their rooms; perhaps some that were parked lately. */
  parkedSessions(): Promise<{ id: SessionId; room: string }[]>;
  /** Every vendor session that may still cost money, also of sessions that have ended. */
  vendorSessions(): Promise<VendorSessionEntry[]>;
  /** Those of the sessions that a worker holds the lease of now. */
  leasedSessions(ids: readonly SessionId[]): Promise<ReadonlySet<SessionId>>;
  /** Call it when the vendor session is stopped for certain. */
  forgetVendorSession(ref: Pick<VendorSessionRef, 'provider' | 'id'>): Promise<void>;
  /** How long vendor sessions of the account have been open. Only grows, but for what Redis loses. */
  usage(): Promise<Usage>;
  /** Says what a worker offers, for the next `ttl` ms: repeat it well before. */
  offerProviders(worker: string, offered: OfferedProviders, ttl: number): Promise<void>;
  /** What the account's workers offer, all together; undefined when none has said anything lately. */
  offeredProviders(): Promise<OfferedProviders | undefined>;
  /** Does a write and reads the answer, now. */
  ready(): Promise<{ ok: boolean; detail: string }>;
}

export function upkeep({
  connection,
  keys,
  leaseQueue,
  admission,
  positions,
  ends,
  ledger,
}: StoreParts): Upkeep {
  const { account } = keys;
  const reconciler = new Reconciler({
    connection,
    keys,
    leaseQueue,
    admission,
    positions,
    ends,
  });
  return {
    setSlots: (slots) => leaseQueue.setSlots(slots),

    reconcile: () => reconciler.run(),

    async parkedSessions() {
      const rooms = await connection.call((redis) => redis.hgetall(account.parked));
      return Object.entries(rooms).map(([id, room]) => ({ id, room }));
    },

    vendorSessions: () => ledger.entries(),

    leasedSessions: (ids) => leaseQueue.held(ids),

    forgetVendorSession: (ref) => ledger.forget(ref),

    usage: () => ledger.usage(),

    async offerProviders(worker, offered, ttl) {
      const args = { worker, offered: JSON.stringify(offered), ttl };
      await connection.run(scripts.offerProviders, account, args);
    },

    async offeredProviders() {
      const entries = await connection.call((redis) => redis.hvals(account.providers));
      return entries.length === 0 ? undefined : union(entries.map(parseOffer));
    },

    async ready() {
      const started = performance.now();
      const timeout = new Promise<never>((_, reject) => {
        setTimeout(() => reject(new Error(`no answer within ${readyTimeout} ms`)), readyTimeout).unref();
      });
      try {
        // A write: a full disk or memory, or a replica, must show.
        await Promise.race([connection.call((redis) => redis.set(account.ready, '1', 'PX', 1_000)), timeout]);
        return { ok: true, detail: `Redis answered in ${Math.round(performance.now() - started)} ms` };
      } catch (error) {
        return { ok: false, detail: (error as Error).message };
      }
    },
  };
}
