import { disconnectReasonFrom } from './disconnect-reason.ts';
import { DisconnectReason } from '@livekit/rtc-node';
import { expect, test } from 'vitest';

test.each([
  ['CLIENT_INITIATED', 'client'],
  ['DUPLICATE_IDENTITY', 'duplicate-identity'],
  ['SERVER_SHUTDOWN', 'server-shutdown'],
  ['PARTICIPANT_REMOVED', 'participant-removed'],
  ['ROOM_DELETED', 'room-deleted'],
  ['STATE_MISMATCH', 'state-mismatch'],
  ['JOIN_FAILURE', 'join-failure'],
  ['MIGRATION', 'migration'],
  ['SIGNAL_CLOSE', 'signal-lost'],
  ['ROOM_CLOSED', 'room-closed'],
  ['CONNECTION_TIMEOUT', 'connection-timeout'],
  ['MEDIA_FAILURE', 'media-lost'],
  ['UNKNOWN_REASON', 'other'],
  ['AGENT_ERROR', 'other'],
] as const)("the SDK's %s is %s", (name, reason) => {
  expect(disconnectReasonFrom(DisconnectReason[name])).toBe(reason);
});
