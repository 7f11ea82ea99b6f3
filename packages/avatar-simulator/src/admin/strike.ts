import type { ActiveFault, Faults } from '../faults/faults.ts';
import type { LiveAvatarSession } from '../liveavatar/session/liveavatar-session.ts';
import type { VendorSession } from '../v1/session/vendor-session.ts';

/** Faults that hit open sessions at once. Returns the ids of the sessions that were hit. */
export async function strike(
  { id, fault }: ActiveFault,
  open: readonly (VendorSession | LiveAvatarSession)[],
  faults: Faults,
): Promise<string[]> {
  if (fault.kind !== 'drop-session' && fault.kind !== 'drop-socket' && fault.kind !== 'stall-media')
    return [];
  const hit = open.filter((session) => fault.sessionId === undefined || fault.sessionId === session.id);
  if (fault.kind === 'stall-media') {
    const { cleared } = faults;
    for (const session of hit) session.stall(fault.media, true);
    const resume = (): void => {
      clearTimeout(timer);
      cleared.removeEventListener('abort', resume);
      faults.remove(id);
      for (const session of hit) session.stall(fault.media, false);
    };
    const timer = fault.ms === undefined ? undefined : setTimeout(resume, fault.ms);
    cleared.addEventListener('abort', resume);
  } else {
    faults.remove(id);
    if (fault.kind === 'drop-socket') for (const session of hit) session.dropSockets();
    else await Promise.all(hit.map((session) => session.close('dropped')));
  }
  return hit.map((session) => session.id);
}
