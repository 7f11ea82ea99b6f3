import { setTimeout as delay } from 'node:timers/promises';
import type { VendorSession } from '@avatar-bridge/contracts';
import type { OwnedSession, VendorSessionRef } from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import type { Background } from '../background.ts';
import type { Metrics } from '../metrics.ts';
import { within } from '../within.ts';

const usualTimes = {
  /**
   * ms that anybody waits for a stop: a vendor that works takes far less, and a session must not wait for one
   * that hangs.
   */
  patienceMs: 2_000,
  /** ms between tries. */
  pausesMs: [200, 1_000, 3_000],
};

export type VendorSessionsParts = {
  owned: Pick<OwnedSession, 'openVendorSession' | 'closeVendorSession' | 'giveUpVendorSession'>;
  /** Where stops go on that take long. */
  background: Background;
  metrics: Metrics;
  logger: Logger;
};

/**
 * Writes down the vendor sessions of one session, so that none is ever forgotten: before it is used, and when
 * it is stopped for certain.
 */
export class VendorSessions {
  readonly #parts: VendorSessionsParts;
  readonly #times: typeof usualTimes;

  constructor(parts: VendorSessionsParts, times = usualTimes) {
    this.#parts = parts;
    this.#times = times;
  }

  record(ref: VendorSessionRef): Promise<void> {
    return this.#parts.owned.openVendorSession(ref);
  }

  /**
   * Stops one; never rejects. What takes long goes on in the background, and is written down as given up:
   * undefined is resolved with then. What can't be stopped with a few tries stays written down, and the sweep
   * goes on trying.
   */
  async stop<T>(ref: VendorSession, reason: string, stop: () => Promise<T>): Promise<T | undefined> {
    const stopping = this.#stop(ref, reason, stop);
    const inTime = await within(
      stopping.then((result) => ({ result })),
      this.#times.patienceMs,
    );
    if (inTime) return inTime.result;
    this.#parts.background.add(this.#giveUp(ref));
    this.#parts.background.add(stopping);
    return undefined;
  }

  async #stop<T>(ref: VendorSession, reason: string, stop: () => Promise<T>): Promise<T | undefined> {
    const { logger, metrics, owned } = this.#parts;
    for (const pause of [...this.#times.pausesMs, undefined]) {
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
    // Redis may have been away before.
    await this.#giveUp(ref);
    return undefined;
  }

  async #giveUp(ref: VendorSession): Promise<void> {
    const { logger, owned } = this.#parts;
    await owned.giveUpVendorSession(ref).catch((error: unknown) => {
      logger.warn(
        { err: error, vendorSessionId: ref.id },
        'a vendor session could not be written down as given up',
      );
    });
  }
}
