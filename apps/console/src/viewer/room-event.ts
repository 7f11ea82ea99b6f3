import type { StreamedEvent } from '@avatar-bridge/contracts';
import { avatarIdentity } from './avatar-tracks.ts';

/** The event in a data message of the room, if it comes from the session's own participant. What anybody else sends is no event. */
export function readRoomEvent(
  payload: Uint8Array,
  sender: string | undefined,
  sessionId: string,
): StreamedEvent | undefined {
  if (sender !== avatarIdentity(sessionId)) return undefined;
  try {
    const event = JSON.parse(new TextDecoder().decode(payload)) as Partial<StreamedEvent> | null;
    return typeof event?.type === 'string' && event.sessionId === sessionId
      ? (event as StreamedEvent)
      : undefined;
  } catch {
    return undefined;
  }
}
