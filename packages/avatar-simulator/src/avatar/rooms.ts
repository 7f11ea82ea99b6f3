import { agentIdentity, avatarIdentity } from '@avatar-bridge/heygen-client/liveavatar';
import { AccessToken, RoomServiceClient } from 'livekit-server-sdk';

export type LivekitAccess = { url: string; apiKey: string; apiSecret: string };

/** The identity of the access_token that a client gets. */
export const clientIdentity = 'client';

/** The vendor's LiveKit: one room for each session, named as the session. */
export class Rooms {
  readonly url: string;
  readonly #access: LivekitAccess;
  readonly #service: RoomServiceClient;

  constructor(access: LivekitAccess) {
    this.url = access.url;
    this.#access = access;
    this.#service = new RoomServiceClient(
      access.url.replace(/^ws/, 'http'),
      access.apiKey,
      access.apiSecret,
      {
        requestTimeout: 5,
        failover: false,
      },
    );
  }

  async create(name: string): Promise<void> {
    // The timeouts clean up after a double that was killed.
    await this.#service.createRoom({ name, emptyTimeout: 300, departureTimeout: 20 });
  }

  /**
   * Everybody in the room is told ROOM_DELETED. Never rejects: a room that is not there is fine, one that
   * cannot be deleted ends by its timeouts.
   */
  async delete(name: string): Promise<void> {
    await this.#service.deleteRoom(name).catch(() => undefined);
  }

  /** The JWT handed out as access_token, as decoded from a public sample. */
  clientToken(room: string): Promise<string> {
    return this.#token(room, clientIdentity);
  }

  /** The JWT handed out as livekit_agent_token. */
  agentToken(room: string): Promise<string> {
    return this.#token(room, `agent-${room}`);
  }

  avatarToken(room: string): Promise<string> {
    return this.#token(room, avatarIdentity);
  }

  fullAgentToken(room: string): Promise<string> {
    return this.#token(room, agentIdentity(room));
  }

  async #token(room: string, identity: string): Promise<string> {
    const token = new AccessToken(this.#access.apiKey, this.#access.apiSecret, {
      identity,
      name: identity,
      ttl: '24h',
    });
    token.addGrant({ room, roomJoin: true, canPublish: true, canPublishData: true, canSubscribe: true });
    return token.toJwt();
  }
}
