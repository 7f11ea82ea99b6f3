import { configureStage } from '@avatar-bridge/contracts';
import { AccessToken } from 'livekit-server-sdk';
import type { Secret } from '../secret.ts';

export type ViewerTokensOptions = {
  apiKey: string;
  apiSecret: Secret;
  /** What viewers connect to. */
  publicUrl: string;
};

export type ViewerTokenRequest = {
  identity: string;
  name?: string;
  room: string;
  /** ms until it is too late to join with it; who has joined stays. */
  ttl: number;
  /** Whether the viewer may send data to the others on the stage. Default false. */
  maySendData?: boolean;
};

/** Signs viewers into stages: they may watch, and nothing else unless it is asked for. */
export class ViewerTokens {
  readonly url: string;
  readonly #apiKey: string;
  readonly #apiSecret: Secret;

  constructor({ apiKey, apiSecret, publicUrl }: ViewerTokensOptions) {
    this.url = publicUrl;
    this.#apiKey = apiKey;
    this.#apiSecret = apiSecret;
  }

  issue({ identity, name, room, ttl, maySendData = false }: ViewerTokenRequest): Promise<string> {
    const token = new AccessToken(this.#apiKey, this.#apiSecret.reveal(), {
      identity,
      name,
      ttl: Math.max(1, Math.floor(ttl / 1000)),
    });
    configureStage(token);
    token.addGrant({
      roomJoin: true,
      room,
      canSubscribe: true,
      canPublish: false,
      canPublishData: maySendData,
      canUpdateOwnMetadata: false,
    });
    return token.toJwt();
  }
}
