import type { OwnedSession } from '@avatar-bridge/session-store';
import { patiently } from '../patiently.ts';

/**
 * Whether this worker still owns a session of which something was lost, or under whose identity another relay
 * came. Resolves when it is certain, however long Redis is away: what is done unasked may hit the next owner.
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
