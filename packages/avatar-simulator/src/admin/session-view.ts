import type { EndReason } from '@avatar-bridge/heygen-client/liveavatar';
import type { CloseReason } from '../avatar/close-reason.ts';
import type { Task } from '../avatar/task.ts';
import { LiveAvatarSession } from '../liveavatar/session/liveavatar-session.ts';
import type { VendorSession } from '../v1/session/vendor-session.ts';

/** A session as GET /admin/sessions shows it. Times are epoch ms; those that haven't come are missing. */
export type SessionView = {
  sessionId: string;
  api: 'v1' | 'liveavatar-full' | 'liveavatar-lite';
  /** `new`: opened (v1) or minted (LiveAvatar), and not started. */
  state: 'new' | 'connecting' | 'connected' | 'closed';
  avatarId: string;
  openedAt: number;
  startedAt?: number;
  connectedAt?: number;
  closedAt?: number;
  closeReason?: CloseReason;
  /** LiveAvatar: the vendor's word for it. */
  endReason?: EndReason;
  clientJoined?: boolean;
  listening: boolean;
  /** LiveAvatar: over its limit and silent; and what it cost. */
  muted?: boolean;
  creditsConsumed?: number;
  /** LiveAvatar: what the token was asked for. */
  maxSessionDuration?: number;
  contextId?: string;
  previousSessionId?: string;
  tasks: Task[];
};

export function viewSession(session: VendorSession | LiveAvatarSession): SessionView {
  return session instanceof LiveAvatarSession ? viewLiveAvatar(session) : viewV1(session);
}

function viewV1(session: VendorSession): SessionView {
  const { state } = session;
  return {
    sessionId: session.id,
    api: 'v1',
    state: state.name,
    avatarId: session.avatarId,
    openedAt: state.openedAt,
    ...('startedAt' in state && { startedAt: state.startedAt }),
    ...('connectedAt' in state && { connectedAt: state.connectedAt }),
    ...('closedAt' in state && { closedAt: state.closedAt, closeReason: state.reason }),
    ...('clientJoined' in state && { clientJoined: state.clientJoined }),
    listening: session.listening,
    tasks: session.tasks,
  };
}

function viewLiveAvatar(session: LiveAvatarSession): SessionView {
  const { state, settings, endReason } = session;
  return {
    sessionId: session.id,
    api: settings.mode === 'FULL' ? 'liveavatar-full' : 'liveavatar-lite',
    state: state.name === 'minted' ? 'new' : state.name,
    avatarId: settings.avatarId,
    openedAt: state.openedAt,
    ...('startedAt' in state && { startedAt: state.startedAt }),
    ...('connectedAt' in state && { connectedAt: state.connectedAt }),
    ...('closedAt' in state && { closedAt: state.closedAt, closeReason: state.reason }),
    ...(endReason && { endReason }),
    clientJoined: session.clientJoined,
    listening: session.listening,
    ...(state.name === 'connected' && { muted: state.muted }),
    creditsConsumed: session.creditsConsumed,
    maxSessionDuration: settings.maxSessionDuration,
    ...(settings.contextId && { contextId: settings.contextId }),
    ...(settings.previousSessionId && { previousSessionId: settings.previousSessionId }),
    tasks: session.tasks,
  };
}
