import type { RoomSource } from '../src/index.ts';
import { randomUUID } from 'node:crypto';
import { AccessToken, RoomServiceClient } from 'livekit-server-sdk';
import type { VideoGrant } from 'livekit-server-sdk';
import { inject } from 'vitest';
import type { ProvidedLivekit } from '../../../test/setup/provided.ts';

type Server = 'vendor' | 'stage';

export const AVATAR = 'avatar';
export const RELAY = 'avatar-ses_1';

/** A pair of rooms of its own for each test, with tokens as the vendor and the worker make them. */
export class Rooms {
  readonly name = `relay-${randomUUID()}`;
  readonly #servers: Record<Server, ProvidedLivekit>;

  constructor(servers: Partial<Record<Server, ProvidedLivekit>> = {}) {
    this.#servers = { ...inject('livekit'), ...servers };
  }

  url(server: Server): string {
    return this.#servers[server].url;
  }

  service(server: Server): RoomServiceClient {
    const { url, apiKey, apiSecret } = this.#servers[server];
    return new RoomServiceClient(url.replace(/^ws/, 'http'), apiKey, apiSecret);
  }

  async token(
    server: Server,
    identity: string,
    grant: VideoGrant = {},
    kind?: 'agent',
    ttl = '1h',
  ): Promise<string> {
    const { apiKey, apiSecret } = this.#servers[server];
    const token = new AccessToken(apiKey, apiSecret, { identity, ttl });
    token.addGrant({ roomJoin: true, room: this.name, ...grant });
    if (kind !== undefined) token.kind = kind;
    return token.toJwt();
  }

  /** What `MediaRelay.start` wants. */
  async relayOptions(): Promise<{
    id: string;
    source: RoomSource;
    stage: { url: string; token: string };
  }> {
    return {
      id: this.name,
      source: await this.source(),
      stage: {
        url: this.url('stage'),
        token: await this.token(
          'stage',
          RELAY,
          { canPublish: true, canPublishData: true, canSubscribe: false, canUpdateOwnMetadata: true },
          'agent',
        ),
      },
    };
  }

  /** What `Relay.switchSource` wants. */
  async source(): Promise<RoomSource> {
    return {
      kind: 'room',
      url: this.url('vendor'),
      token: await this.token('vendor', 'client'),
      avatarIdentity: AVATAR,
    };
  }

  async participants(server: Server): Promise<string[]> {
    try {
      return (await this.service(server).listParticipants(this.name)).map(({ identity }) => identity);
    } catch {
      return [];
    }
  }
}
