import {
  type SessionStore,
  UnknownSessionError,
  type VendorSessionEntry,
} from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import { every } from './every.ts';
import type { Metrics } from './metrics.ts';
import type { Providers } from './providers/providers.ts';
import { UnknownVendorSessions } from './unknown-vendor-sessions.ts';

type OfSession = Extract<VendorSessionEntry, { epoch: number }>;

export type SweepParts = {
  store: Pick<
    SessionStore,
    | 'vendorSessions'
    | 'leasedSessions'
    | 'forgetVendorSession'
    | 'getSession'
    | 'reconcile'
    | 'setSlots'
    | 'offerProviders'
    | 'pool'
  >;
  providers: Providers;
  /** The worker's. */
  name: string;
  metrics: Metrics;
  logger: Logger;
  /** Concurrent sessions that the vendor account allows, over all workers. */
  slots: number;
  /**
   * Whether vendor sessions are stopped that nobody wrote down. Default: no, for others may use the account.
   */
  stopUnknown?: boolean;
  /** ms between two looks. Default 60,000. */
  interval?: number;
};

/** ms between two repairs of the lease queue; each looks at a bounded part of it. */
const repairInterval = 5_000;
/** ms that the word of a worker about its providers holds. */
const offerTtl = 4 * repairInterval;

/**
 * What becomes of a vendor session that is written down. `used`: its session's owner has it. `unneeded`: so
 * it seems, but an owner may be about to stop it, or another one to go on with it. `over`: its session has
 * ended.
 */
type Need = 'used' | 'unneeded' | 'over';

/** `as`: what it is suspected as. Each new owner puts an end to a suspicion, also one that soon dies. */
type Look = { entry: OfSession; need: Need; as: string };

/**
 * Stops the vendor sessions that nobody needs, puts sessions back in the queue whose lease was lost, sets the
 * queue's slots, and says which providers this worker offers. Any number of workers may sweep: to stop what
 * is stopped does no harm. What seems unneeded is left to its owner, or the next one, for the time between
 * two looks. Of the warm pool it stops those whose keeper is dead.
 */
export class Sweep {
  readonly #parts: SweepParts;
  readonly #unknown: UnknownVendorSessions;
  #suspects = new Set<string>();

  constructor(parts: SweepParts) {
    this.#parts = parts;
    this.#unknown = new UnknownVendorSessions(parts);
  }

  /** Goes on until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { interval = 60_000, logger } = this.#parts;
    const failed = (error: unknown) => logger.warn({ err: error }, 'a sweep failed, the next one comes');
    await Promise.all([
      every(interval, () => this.once(signal), { signal, failed }),
      every(interval, () => this.#unknown.once(signal), { signal, failed }),
      every(repairInterval, () => this.#repair(), { signal, failed }),
    ]);
  }

  /** One look. Returns the vendor sessions that were stopped. */
  async once(signal?: AbortSignal): Promise<VendorSessionEntry[]> {
    const { name, providers, store } = this.#parts;
    const hasProvider = ({ provider }: VendorSessionEntry) => providers.get(provider) !== undefined;
    const entries = (await store.vendorSessions()).filter(isOfSession).filter(hasProvider);
    const leased = await store.leasedSessions(entries.map(({ sessionId }) => sessionId));
    const looks = await Promise.all(entries.map((entry) => this.#look(entry, leased.has(entry.sessionId))));
    const sure = looks.filter(
      ({ need, as }) => need === 'over' || (need === 'unneeded' && this.#suspects.has(as)),
    );
    this.#suspects = new Set(looks.filter(({ need }) => need === 'unneeded').map(({ as }) => as));
    const unkept = (await store.pool.claimStale(name)).filter(hasProvider);
    const toStop: VendorSessionEntry[] = [...sure.map(({ entry }) => entry), ...unkept];
    const stopped = await Promise.all(toStop.map((entry) => this.#stop(entry, signal)));
    return toStop.filter((_, index) => stopped[index]);
  }

  async #look(entry: OfSession, leased: boolean): Promise<Look> {
    const { id, sessionId, epoch, givenUp } = entry;
    try {
      const session = await this.#parts.store.getSession(sessionId);
      const as = `${id} ${epoch} ${session.epoch}`;
      if (session.state === 'ended') return { entry, need: 'over', as };
      const used = leased && session.epoch === epoch && !givenUp;
      return { entry, need: used ? 'used' : 'unneeded', as };
    } catch (error) {
      if (error instanceof UnknownSessionError) return { entry, need: 'over', as: id };
      throw error;
    }
  }

  async #stop(entry: VendorSessionEntry, signal?: AbortSignal): Promise<boolean> {
    const { logger, metrics, providers, store } = this.#parts;
    const owner = entry.pool ? { keeper: entry.pool.keeper } : { sessionId: entry.sessionId };
    const details = { ...owner, vendorSessionId: entry.id };
    const provider = providers.get(entry.provider);
    if (!provider) return false;
    try {
      const { wasOpen } = await metrics.vendorCall('reap', () => provider.reap(entry, signal));
      await store.forgetVendorSession(entry);
      if (wasOpen) metrics.vendorSessionReaped();
      logger.info({ ...details, wasOpen }, 'a vendor session that nobody needs was stopped');
      return true;
    } catch (error) {
      logger.warn({ ...details, err: error }, 'a vendor session that nobody needs could not be stopped');
      return false;
    }
  }

  async #repair(): Promise<void> {
    const { name, providers, slots, store } = this.#parts;
    await store.offerProviders(name, providers.offered, offerTtl);
    await store.setSlots(slots);
    const { requeued, ended, expired } = await store.reconcile();
    if (expired.length > 0) this.#parts.logger.info({ expired }, 'sessions got no slot in time');
    if (requeued.length > 0 || ended.length > 0)
      this.#parts.logger.warn({ requeued, ended }, 'sessions without a lease were repaired');
  }
}

function isOfSession(entry: VendorSessionEntry): entry is OfSession {
  return entry.pool === undefined;
}
