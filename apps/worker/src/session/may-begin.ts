import type { SessionId } from '@avatar-bridge/contracts';
import { type SessionStore, UnknownSessionError } from '@avatar-bridge/session-store';
import type { Providers } from '../providers/providers.ts';

/**
 * Whether a session without a vendor session can have one now: one of its accounts has a free slot, which is
 * reserved for it then, or one of its providers needs none. One that has begun goes on in any case.
 */
export async function mayBegin(
  id: SessionId,
  {
    providers,
    store,
  }: { providers: Providers; store: Pick<SessionStore, 'getSession' | 'reserveInAccount'> },
): Promise<boolean> {
  if (!providers.haveAccounts) return true;
  const session = await store.getSession(id).catch((error: unknown) => {
    if (error instanceof UnknownSessionError) return undefined;
    throw error;
  });
  if (session?.state !== 'queued' && session?.state !== 'parked') return true;
  const list = providers.listFor(session);
  for (const account of new Set(list.map(({ name }) => providers.accountOf(name)))) {
    // oxlint-disable-next-line no-await-in-loop -- the next one is asked only when this one has none
    if (!account || (await store.reserveInAccount(id, account))) return true;
  }
  return false;
}
