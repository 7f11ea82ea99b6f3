import type { ReceivedData } from '@avatar-bridge/livekit-rtp';
import { clientIdentity } from '../../avatar/rooms.ts';

/**
 * A text or command that the client sent into the room: the SDK sends JSON strings with the LiveKit
 * transport.
 */
export function readRoomText({ payload, participantIdentity }: ReceivedData): string | undefined {
  if (participantIdentity !== clientIdentity) return undefined;
  try {
    const value: unknown = JSON.parse(payload.toString('utf8'));
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
