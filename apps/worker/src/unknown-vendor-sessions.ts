import type { VendorSession } from '@avatar-bridge/contracts';
import type { SessionStore } from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.ts';
import type { Providers } from './providers/providers.ts';

export type UnknownVendorSessionsParts = {
  store: Pick<SessionStore, 'vendorSessions'>;
  providers: Providers;
  metrics: Metrics;
  logger: Logger;
  /** Whether they are stopped. Other programs may use the account, so by default they are only told of. */
  stopUnknown?: boolean;
};

/**
 * Finds the vendor sessions that the vendor lists and nobody wrote down: the answer to their creation was
 * lost. One that is just being opened is not written down yet, so only those count that two looks in a row
 * have found.
 */
export class UnknownVendorSessions {
  readonly #parts: UnknownVendorSessionsParts;
  #seen = new Set<string>();
  readonly #told = new Set<string>();

  constructor(parts: UnknownVendorSessionsParts) {
    this.#parts = parts;
  }

  /** One look. Returns those that were stopped. Rejects when Redis can't be asked. */
  async once(signal?: AbortSignal): Promise<VendorSession[]> {
    const { providers, stopUnknown = false, store } = this.#parts;
    const listed = await Promise.all(providers.all.map(({ name }) => this.#list(name, signal)));
    // After the lists: what is opened meanwhile is in neither. By id alone: another worker may know the
    // account by another name.
    const written = new Set((await store.vendorSessions()).map(({ id }) => id));
    const unknown = listed.flat().filter(({ id }) => !written.has(id));
    const sure = unknown.filter(({ id }) => this.#seen.has(id));
    this.#seen = new Set(unknown.map(({ id }) => id));
    for (const { name } of providers.all)
      this.#parts.metrics.vendorSessionsUnknown(
        name,
        sure.filter(({ provider }) => provider === name).length,
      );
    if (!stopUnknown) {
      this.#tell(sure);
      return [];
    }
    const stopped = await Promise.all(sure.map((session) => this.#stop(session, signal)));
    return sure.filter((_, index) => stopped[index]);
  }

  async #list(name: string, signal?: AbortSignal): Promise<VendorSession[]> {
    const { logger, providers } = this.#parts;
    try {
      return (await providers.get(name)?.list(signal)) ?? [];
    } catch (error) {
      if (!signal?.aborted)
        logger.warn({ err: error, provider: name }, "a vendor's sessions could not be listed");
      return [];
    }
  }

  /** Each once. */
  #tell(sure: readonly VendorSession[]): void {
    const fresh = sure.filter(({ id }) => !this.#told.has(id));
    for (const { id } of fresh) this.#told.add(id);
    if (fresh.length === 0) return;
    const vendorSessions = fresh.map(({ provider, id }) => ({ provider, id }));
    this.#parts.logger.warn(
      { vendorSessions },
      'the vendor lists sessions that are not ours: if nothing else uses the account, set BRIDGE_SWEEP_UNKNOWN=true to have them stopped',
    );
  }

  async #stop(session: VendorSession, signal?: AbortSignal): Promise<boolean> {
    const { logger, metrics, providers } = this.#parts;
    const details = { provider: session.provider, vendorSessionId: session.id };
    try {
      const reap = async () => providers.get(session.provider)?.reap(session, signal);
      if ((await metrics.vendorCall('reap', reap))?.wasOpen) metrics.vendorSessionReaped();
      logger.info(details, 'a vendor session that nobody wrote down was stopped');
      return true;
    } catch (error) {
      logger.warn({ ...details, err: error }, 'a vendor session that nobody wrote down could not be stopped');
      return false;
    }
  }
}
