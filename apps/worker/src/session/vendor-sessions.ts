import { setTimeout as delay } from 'node:timers/promises';
import type { VendorSession } from '@avatar-bridge/contracts';
import type { OwnedSession, VendorSessionRef } from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.ts';

const pauses = [200, 1_000, 3_000];

export type VendorSessionsParts = {
  owned: Pick<OwnedSession, 'openVendorSession' | 'closeVendorSession'>;
  metrics: Metrics;
  logger: Logger;
};

/** Writes down the vendor sessions of one session, so that none is ever forgotten: before it is used, and when it is stopped for certain. */
export class VendorSessions {
  readonly #parts: VendorSessionsParts;

  constructor(parts: VendorSessionsParts) {
    this.#parts = parts;
  }

  record(ref: VendorSessionRef): Promise<void> {
    return this.#parts.owned.openVendorSession(ref);
  }

  /** Stops one, with a few tries; never rejects. What can't be stopped stays written down, and the sweep goes on trying. */
  async stop<T>(ref: VendorSession, reason: string, stop: () => Promise<T>): Promise<T | undefined> {
    const { logger, metrics, owned } = this.#parts;
    for (const pause of [...pauses, undefined]) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one try after the other
        const result = await metrics.vendorCall('stop', stop);
        // oxlint-disable-next-line no-await-in-loop -- once, then done
        await owned.closeVendorSession(ref, reason).catch((error: unknown) => {
          logger.warn(
            { err: error, vendorSessionId: ref.id },
            'a stopped vendor session could not be struck out: the sweep will',
          );
        });
        return result;
      } catch (error) {
        logger.warn({ err: error, vendorSessionId: ref.id }, 'a vendor session could not be stopped');
      }
      // oxlint-disable-next-line no-await-in-loop -- one try after the other
      if (pause !== undefined) await delay(pause);
    }
    return undefined;
  }
}
