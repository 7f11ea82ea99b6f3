import type { CloseReason } from '../v1/session/session-state.ts';
import type { Task } from '../avatar/task.ts';
import type { VendorSession } from '../v1/session/vendor-session.ts';

/** A session as GET /admin/sessions shows it. Times are epoch ms; those that haven't come are missing. */
export type SessionView = {
  sessionId: string;
  state: 'new' | 'connecting' | 'connected' | 'closed';
  avatarId: string;
  openedAt: number;
  startedAt?: number;
  connectedAt?: number;
  closedAt?: number;
  closeReason?: CloseReason;
  clientJoined?: boolean;
  listening: boolean;
  tasks: Task[];
};

export function viewSession(session: VendorSession): SessionView {
  const { state } = session;
  return {
    sessionId: session.id,
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
