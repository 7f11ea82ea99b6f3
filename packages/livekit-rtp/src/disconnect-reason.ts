import { DisconnectReason as Wire } from '@livekit/protocol';
import { CancelledError, RetryableError, TerminalError, type LiveKitRtpError } from './errors.ts';
import type { DisconnectReason } from './types.ts';

const REASONS: ReadonlyMap<number, DisconnectReason> = new Map([
  [Wire.CLIENT_INITIATED, 'client'],
  [Wire.DUPLICATE_IDENTITY, 'duplicate-identity'],
  [Wire.ROOM_DELETED, 'room-deleted'],
  [Wire.ROOM_CLOSED, 'room-closed'],
  [Wire.PARTICIPANT_REMOVED, 'participant-removed'],
  [Wire.SERVER_SHUTDOWN, 'server-shutdown'],
  [Wire.MIGRATION, 'migration'],
  [Wire.STATE_MISMATCH, 'state-mismatch'],
  [Wire.JOIN_FAILURE, 'join-failure'],
  [Wire.CONNECTION_TIMEOUT, 'connection-timeout'],
  [Wire.SIGNAL_CLOSE, 'signal-lost'],
  [Wire.MEDIA_FAILURE, 'media-lost'],
]);

/**
 * The reason in a LeaveRequest, in the last ParticipantInfo of somebody who left, or told by another client of LiveKit. A number, since each of those
 * has an enum of its own for what is one in the protocol.
 */
export function disconnectReasonFrom(reason: number): DisconnectReason {
  return REASONS.get(reason) ?? 'other';
}

/** @internal What a call on a participant that has been disconnected for `reason` fails with. */
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
