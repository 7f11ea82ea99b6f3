import { configureStage } from '@avatar-bridge/contracts';
import { AccessToken } from 'livekit-server-sdk';
import type { Secret } from '../secret.ts';

export type ViewerTokensOptions = {
  apiKey: string;
  apiSecret: Secret;
  /** What viewers connect to. */
  publicUrl: string;
};

/** Signs viewers into stages: they may watch, and nothing else. */
export class ViewerTokens {
  readonly url: string;
  readonly #apiKey: string;
  readonly #apiSecret: Secret;

  constructor({ apiKey, apiSecret, publicUrl }: ViewerTokensOptions) {
    this.url = publicUrl;
    this.#apiKey = apiKey;
    this.#apiSecret = apiSecret;
  }

  /** @param ttl ms until it is too late to join with it; who has joined stays. */
  issue(viewer: { identity: string; name?: string; room: string; ttl: number }): Promise<string> {
    const token = new AccessToken(this.#apiKey, this.#apiSecret.reveal(), {
      identity: viewer.identity,
      name: viewer.name,
      ttl: Math.max(1, Math.floor(viewer.ttl / 1000)),
    });
    configureStage(token);
    token.addGrant({
      roomJoin: true,
      room: viewer.room,
      canSubscribe: true,
      canPublish: false,
      canPublishData: false,
      canUpdateOwnMetadata: false,
    });
    return token.toJwt();
  }
}
