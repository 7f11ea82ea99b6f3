import type { VendorSession } from '@avatar-bridge/contracts';
import type { LiveAvatarClient } from '@avatar-bridge/heygen-client/liveavatar';
import { translateError } from '../heygen/translate-error.ts';

/** ms for one page. */
const timeout = 5_000;

/** The account's open sessions of one mode. */
export async function listSessions(
  client: LiveAvatarClient,
  { provider, mode, signal }: { provider: string; mode: 'FULL' | 'LITE'; signal?: AbortSignal | undefined },
): Promise<VendorSession[]> {
  const sessions: VendorSession[] = [];
  try {
    for (let page: number | undefined = 1; page !== undefined;) {
      const answer = await client.list({ type: 'active', page, pageSize: 100 }, { timeout, signal });
      for (const { sessionId, mode: listed, createdAt } of answer.items)
        // One without a time must not look old: whoever stops old ones would stop it.
        if (listed === mode)
          sessions.push({ provider, id: sessionId, openedAt: Math.round(createdAt ?? Date.now()) });
      page = answer.nextPage;
    }
    return sessions;
  } catch (error) {
    throw translateError(error);
  }
}
