import { setTimeout as delay } from 'node:timers/promises';
import { type OwnedSession, StoreUnavailableError } from '@avatar-bridge/session-store';

/**
 * Whether this worker still owns a session under whose identity another relay came. Resolves when it is certain,
 * however long Redis is away: coming back unasked would drive out the next owner's relay.
 */
export async function isStillOurs(
  owned: Pick<OwnedSession, 'verify'>,
  isFence: (error: unknown) => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await owned.verify();
      return true;
    } catch (error) {
      if (isFence(error)) return false;
      if (!(error instanceof StoreUnavailableError)) throw error;
      await delay(error.retryAfter, undefined, { signal }).catch(() => {});
    }
  }
  return false;
}
