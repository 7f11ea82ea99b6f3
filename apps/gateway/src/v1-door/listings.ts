import type { Session, SessionState } from '@avatar-bridge/contracts';
import { asUuid } from '@avatar-bridge/contracts';
import type { Avatar, ListedSession } from '@avatar-bridge/heygen-client';
import type { SessionStore } from '@avatar-bridge/session-store';

/** A session's state in v1's words: `connected` from its first picture on, also while it comes back from a loss. */
function statusOf({ state, liveAt }: Pick<Session, 'state' | 'liveAt'>): string {
  if (liveAt !== undefined) return 'connected';
  return state === 'queued' ? 'new' : 'connecting';
}

const open: SessionState[] = ['queued', 'starting', 'live', 'recovering', 'stopping'];

/** The open sessions of the v1 door, newest first. */
export async function openSessions(store: SessionStore): Promise<ListedSession[]> {
  const lists = await Promise.all(open.map((state) => allInState(store, state)));
  return lists
    .flat()
    .filter(({ dialect }) => dialect === 'heygen-v1')
    .toSorted((a, b) => b.createdAt - a.createdAt)
    .map((session) => ({
      session_id: asUuid(session.id),
      status: statusOf(session),
      created_at: Math.floor(session.createdAt / 1_000),
    }));
}

async function allInState(store: SessionStore, state: SessionState): Promise<Session[]> {
  const found: Session[] = [];
  let cursor: string | undefined;
  do {
    // oxlint-disable-next-line no-await-in-loop -- a page after the other
    const page = await store.listSessions({ state, limit: 200, ...(cursor && { cursor }) });
    found.push(...page.sessions);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

/** Gateways do not know the vendors' avatars: the one that the workers show by default. */
export const avatars: Avatar[] = [
  {
    avatar_id: 'default',
    created_at: 0,
    default_voice: '',
    is_public: false,
    normal_preview: '',
    pose_name: 'default',
    status: 'ACTIVE',
  },
];
