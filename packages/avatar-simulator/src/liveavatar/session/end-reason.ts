import type { EndReason } from '@avatar-bridge/heygen-client/liveavatar';
import type { CloseReason } from '../../avatar/close-reason.ts';

const words: Record<CloseReason, EndReason> = {
  stopped: 'USER_CLOSED',
  'idle-timeout': 'IDLE_TIMEOUT',
  reaped: 'ZOMBIE_SESSION_REAP',
  'duration-limit': 'MAX_DURATION_REACHED',
  'no-credits': 'NO_CREDITS',
  'no-client': 'USER_DISCONNECTED',
  dropped: 'SERVER_ERROR',
  'media-failed': 'DISPATCH_FAILED',
  'room-lost': 'SERVER_ERROR',
  reset: 'SERVER_ERROR',
  shutdown: 'SERVER_ERROR',
};

/** The vendor's word for why a session was closed. */
export function endReasonOf(reason: CloseReason): EndReason {
  return words[reason];
}
