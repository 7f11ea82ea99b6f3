import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError } from '@avatar-bridge/session-store';

/**
 * Asks Redis until it answers. Rejects with what else went wrong, and with the signal's reason when it
 * aborts.
 */
export async function patiently<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      await delay(error.retryAfter, undefined, { signal });
    }
  }
}
