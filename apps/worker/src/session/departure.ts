import { FencedError, type OwnedSession } from '@avatar-bridge/session-store';
import type { LinkKeeper } from './link-keeper.ts';

/** ms within which another worker claims a session that was given back, if there is one with room for it. */
const claimMs = 3_000;
/** ms within which its relay comes to the stage then. */
const arrivalMs = 15_000;

/**
 * Leaves a session to its next owner: the avatar stays on the stage until the next owner's relay comes in its
 * place. When nobody claims the session, its vendor session is stopped. Never rejects.
 *
 * @param hurry waits for nobody
 */
export async function depart(
  links: Pick<LinkKeeper, 'close' | 'displaced' | 'leaveStage'>,
  owned: Pick<OwnedSession, 'verify'>,
  hurry: AbortSignal,
): Promise<void> {
  const patience = Promise.withResolvers<void>();
  const onHurry = () => patience.resolve();
  hurry.addEventListener('abort', onHurry);
  if (hurry.aborted) onHurry();
  const displacedWithin = async (ms: number) =>
    (await Promise.race([links.displaced(ms), patience.promise])) === true;
  try {
    if (!(await displacedWithin(claimMs))) {
      if (!(await isClaimed(owned))) return await links.close('no worker went on with it');
      await displacedWithin(arrivalMs);
    }
    await links.leaveStage('its next owner goes on with it');
  } finally {
    hurry.removeEventListener('abort', onHurry);
  }
}

/** Whether another worker owns it by now; a session of which Redis can't be asked was left alone too long. */
async function isClaimed(owned: Pick<OwnedSession, 'verify'>): Promise<boolean> {
  try {
    await owned.verify();
    return false;
  } catch (error) {
    return error instanceof FencedError;
  }
}
