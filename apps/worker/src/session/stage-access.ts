import { configureStage, type SessionId } from '@avatar-bridge/contracts';
import { AccessToken, RoomServiceClient, ServerError, TrackSource } from 'livekit-server-sdk';

export type StageOptions = { url: string; apiKey: string; apiSecret: string };

export type StageAccess = {
  /** What the relay needs to put an avatar on its stage. */
  admit(sessionId: SessionId, room: string): Promise<{ url: string; token: string }>;
  /**
   * Closes the room of a session that has ended, which tells viewers that it is over. A room that was chosen for the session may
   * serve others, too: it is closed only when nobody is in it.
   */
  close(sessionId: SessionId, room: string): Promise<void>;
};

/** The token is used when the relay joins, and again when it comes back after a lost connection. */
const lifetime = '24h';

/** Stages of the team's LiveKit. */
export function stageAccess({ url, apiKey, apiSecret }: StageOptions): StageAccess {
  const rooms = new RoomServiceClient(url.replace(/^ws/, 'http'), apiKey, apiSecret);

  /**
   * Mints what an avatar needs on its stage and nothing more: to publish camera, microphone and data, and to tell its state. The
   * identity is fixed for a session, so LiveKit removes a former owner's relay when a new one joins.
   */
  const admit: StageAccess['admit'] = async (sessionId, room) => {
    const token = new AccessToken(apiKey, apiSecret, {
      identity: `avatar-${sessionId}`,
      name: 'Avatar',
      ttl: lifetime,
    });
    token.kind = 'agent';
    configureStage(token);
    token.addGrant({
      roomJoin: true,
      room,
      canPublish: true,
      canPublishSources: [TrackSource.CAMERA, TrackSource.MICROPHONE],
      canPublishData: true,
      canSubscribe: false,
      canUpdateOwnMetadata: true,
    });
    return { url, token: await token.toJwt() };
  };

  const close: StageAccess['close'] = async (sessionId, room) => {
    try {
      if (room !== sessionId && (await rooms.listParticipants(room)).length > 0) return;
      await rooms.deleteRoom(room);
    } catch (error) {
      if (!(error instanceof ServerError && error.code === 'not_found')) throw error;
    }
  };

  return { admit, close };
}
