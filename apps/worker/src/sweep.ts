import { setTimeout as delay } from 'node:timers/promises';
import {
  type SessionStore,
  UnknownSessionError,
  type VendorSessionEntry,
} from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.ts';
import type { Providers } from './providers/providers.ts';

export type SweepParts = {
  store: Pick<
    SessionStore,
    'vendorSessions' | 'forgetVendorSession' | 'getSession' | 'reconcile' | 'setSlots' | 'offerProviders'
  >;
  providers: Providers;
  /** The worker's. */
  name: string;
  metrics: Metrics;
  logger: Logger;
  /** Concurrent sessions that the vendor account allows, over all workers. */
  slots: number;
  /** ms between two looks. Default 60,000. */
  interval?: number;
};

/** ms between two repairs of the lease queue; each looks at a bounded part of it. */
const repairInterval = 5_000;
/** ms that the word of a worker about its providers holds. */
const offerTtl = 4 * repairInterval;

/**
 * Stops the vendor sessions whose owner is gone, puts sessions back in the queue whose lease was lost, sets the queue's slots, and
 * says which providers this worker offers. Any number of workers may sweep: to stop what is stopped does no harm. A session's next owner stops what it inherits at once, so the sweep leaves it that
 * long: it takes only what it found without an owner twice.
 */
export class Sweep {
  readonly #parts: SweepParts;
  #suspects = new Set<string>();

  constructor(parts: SweepParts) {
    this.#parts = parts;
  }

  /** Goes on until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { interval = 60_000 } = this.#parts;
    await Promise.all([
      this.#every(interval, () => this.once(signal), signal),
      this.#every(repairInterval, () => this.#repair(), signal),
    ]);
  }

  /** One look. Returns the vendor sessions that were stopped. */
  async once(signal?: AbortSignal): Promise<VendorSessionEntry[]> {
    const { providers, store } = this.#parts;
    const entries = (await store.vendorSessions()).filter((entry) => providers.get(entry.provider));
    const owners = await Promise.all(entries.map((entry) => this.#ownerless(entry)));
    const ownerless = entries.filter((_, index) => owners[index] !== 'owned');
    const sure = ownerless.filter(
      (entry) => this.#suspects.has(entry.id) || owners[entries.indexOf(entry)] === 'over',
    );
    this.#suspects = new Set(ownerless.map(({ id }) => id));
    const stopped = await Promise.all(sure.map((entry) => this.#stop(entry, signal)));
    return sure.filter((_, index) => stopped[index]);
  }

  async #ownerless({ sessionId, epoch }: VendorSessionEntry): Promise<'owned' | 'superseded' | 'over'> {
    try {
      const session = await this.#parts.store.getSession(sessionId);
      if (session.state === 'ended') return 'over';
      return session.epoch > epoch ? 'superseded' : 'owned';
    } catch (error) {
      if (error instanceof UnknownSessionError) return 'over';
      throw error;
    }
  }

  async #stop(entry: VendorSessionEntry, signal?: AbortSignal): Promise<boolean> {
    const { logger, metrics, providers, store } = this.#parts;
    const details = { sessionId: entry.sessionId, vendorSessionId: entry.id };
    const provider = providers.get(entry.provider);
    if (!provider) return false;
    try {
      const { wasOpen } = await metrics.vendorCall('reap', () => provider.reap(entry, signal));
      await store.forgetVendorSession(entry);
      if (wasOpen) metrics.vendorSessionReaped();
      logger.info({ ...details, wasOpen }, 'a vendor session without an owner was stopped');
      return true;
    } catch (error) {
      logger.warn({ ...details, err: error }, 'a vendor session without an owner could not be stopped');
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

  async #every(interval: number, look: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // oxlint-disable-next-line no-await-in-loop -- one look after the other
      await look().catch((error: unknown) =>
        this.#parts.logger.warn({ err: error }, 'a sweep failed, the next one comes'),
      );
      // oxlint-disable-next-line no-await-in-loop -- many workers don't all look at once
      await delay(interval * (0.9 + Math.random() / 5), undefined, { signal }).catch(() => {});
    }
  }
}
