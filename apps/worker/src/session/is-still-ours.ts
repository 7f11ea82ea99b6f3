import type { OwnedSession } from '@avatar-bridge/session-store';
import { patiently } from '../patiently.ts';

/**
 * Whether this worker still owns a session under whose identity another relay came. Resolves when it is certain,
 * however long Redis is away: coming back unasked would drive out the next owner's relay.
 */
export async function isStillOurs(
  owned: Pick<OwnedSession, 'verify'>,
  isFence: (error: unknown) => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  if (signal.aborted) return false;
  try {
    await patiently(() => owned.verify(), signal);
    return true;
  } catch (error) {
    if (signal.aborted || isFence(error)) return false;
    throw error;
  }
}
