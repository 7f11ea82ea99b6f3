import { type RoomServiceClient, ServerError } from 'livekit-server-sdk';

/** Rooms that a server is asked about at once. */
const roomsAtOnce = 200;

/**
 * How many people are in a room. Agents are none, and so is who is hidden; an avatar's participants are
 * agents. In a room that is not there is nobody.
 */
export async function countViewers(
  rooms: Pick<RoomServiceClient, 'listParticipants'>,
  room: string,
): Promise<number> {
  try {
    const participants = await rooms.listParticipants(room);
    return participants.filter(({ kind, permission }) => !isAgent(kind) && permission?.hidden !== true)
      .length;
  } catch (error) {
    if (error instanceof ServerError && error.code === 'not_found') return 0;
    throw error;
  }
}

/** Which of these rooms somebody is in, whoever that may be. */
export async function occupiedRooms(
  rooms: Pick<RoomServiceClient, 'listRooms'>,
  names: readonly string[],
): Promise<string[]> {
  const occupied: string[] = [];
  for (let from = 0; from < names.length; from += roomsAtOnce) {
    // oxlint-disable-next-line no-await-in-loop -- a server is not asked for all at once
    const found = await rooms.listRooms(names.slice(from, from + roomsAtOnce));
    occupied.push(...found.filter(({ numParticipants }) => numParticipants > 0).map(({ name }) => name));
  }
  return occupied;
}

/** The SDK has no name for ParticipantInfo.Kind.AGENT. */
function isAgent(kind: number): boolean {
  return kind === 4;
}
