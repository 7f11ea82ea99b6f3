import { DisconnectReason as Wire } from '@livekit/protocol';
import { CancelledError, RetryableError, TerminalError, type LiveKitRtpError } from './errors.ts';
import type { DisconnectReason } from './types.ts';

/** The reason in a LeaveRequest, or in the last ParticipantInfo of somebody who left. */
export function disconnectReasonFrom(reason: Wire): DisconnectReason {
  switch (reason) {
    case Wire.CLIENT_INITIATED:
      return 'client';
    case Wire.DUPLICATE_IDENTITY:
      return 'duplicate-identity';
    case Wire.ROOM_DELETED:
      return 'room-deleted';
    case Wire.ROOM_CLOSED:
      return 'room-closed';
    case Wire.PARTICIPANT_REMOVED:
      return 'participant-removed';
    case Wire.SERVER_SHUTDOWN:
      return 'server-shutdown';
    case Wire.MIGRATION:
      return 'migration';
    case Wire.STATE_MISMATCH:
      return 'state-mismatch';
    case Wire.JOIN_FAILURE:
      return 'join-failure';
    case Wire.CONNECTION_TIMEOUT:
      return 'connection-timeout';
    case Wire.SIGNAL_CLOSE:
      return 'signal-lost';
    case Wire.MEDIA_FAILURE:
      return 'media-lost';
    default:
      return 'other';
  }
}

/** What a call on a participant that has been disconnected for `reason` fails with. */
export function errorOfDisconnect(reason: DisconnectReason, detail?: string): LiveKitRtpError {
  const message = `disconnected: ${reason}${detail === undefined ? '' : ` (${detail})`}`;
  switch (reason) {
    case 'client':
      return new CancelledError(message);
    case 'duplicate-identity':
    case 'participant-removed':
    case 'room-deleted':
    case 'room-closed':
      return new TerminalError('removed', message);
    case 'media-lost':
      return new RetryableError('ice-failed', message);
    case 'server-shutdown':
    case 'migration':
    case 'state-mismatch':
    case 'join-failure':
      return new RetryableError('server-unavailable', message);
    case 'connection-timeout':
    case 'signal-lost':
    case 'other':
      return new RetryableError('signal-lost', message);
    default:
      return reason satisfies never;
  }
}
