import { AccessToken } from 'livekit-server-sdk';

/** A token for a room of a test's server. The avatar only publishes, everybody else only subscribes. */
export async function roomToken(
  server: { apiKey: string; apiSecret: string },
  room: string,
  identity: string,
): Promise<string> {
  const token = new AccessToken(server.apiKey, server.apiSecret, { identity });
  const avatar = identity === 'heygen';
  token.addGrant({ roomJoin: true, room, canPublish: avatar, canSubscribe: !avatar, canPublishData: avatar });
  return token.toJwt();
}
