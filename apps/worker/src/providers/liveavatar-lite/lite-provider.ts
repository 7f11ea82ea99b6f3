import { type AvatarSettings, providerOf, type VendorSession } from '@avatar-bridge/contracts';
import {
  type LiveAvatarClient,
  sandboxAvatarId,
  type SessionToken,
} from '@avatar-bridge/heygen-client/liveavatar';
import type { Logger } from 'pino';
import type {
  AvatarProvider,
  OpenRequest,
  ProviderCapabilities,
  ProviderSession,
  StageSeat,
} from '../avatar-provider.ts';
import { translateError } from '../heygen/translate-error.ts';
import type { OwnVoice } from '../own-voice/own-voice.ts';
import { liveAvatarId } from '../liveavatar/avatar-id.ts';
import { listSessions } from '../liveavatar/list-sessions.ts';
import { reapSession, stopSession } from '../liveavatar/stop-session.ts';
import { CancelledError, RetryableProviderError } from '../provider-errors.ts';
import { stopUnopened } from '../stop-unopened.ts';
import { LiteSession } from './lite-session.ts';

/** ms */
const timeouts = { token: 10_000, start: 30_000 };

export type LiteProviderOptions = {
  client: LiveAvatarClient;
  /** Which of several vendor accounts it is; part of its name. */
  account?: string | undefined;
  ownVoice: OwnVoice;
  logger: Logger;
  /** The avatar for the id `default`. */
  avatarId?: string | undefined;
  /** No credits, about a minute a session, and one avatar only. */
  sandbox?: boolean;
};

/** LiveAvatar in LITE mode: we bring the voice, and the avatar joins the stage by itself. */
export class LiteProvider implements AvatarProvider {
  readonly name: string;
  readonly capabilities: ProviderCapabilities;
  readonly #options: LiteProviderOptions;
  readonly #defaultAvatar: string | undefined;

  constructor(options: LiteProviderOptions) {
    const { ownVoice, avatarId, sandbox } = options;
    this.#options = options;
    this.name = providerOf('liveavatar-lite', options.account);
    this.#defaultAvatar = sandbox ? sandboxAvatarId : avatarId;
    this.capabilities = {
      ...ownVoice.capabilities,
      uuidAvatars: true,
      defaultAvatar: this.#defaultAvatar !== undefined,
    };
  }

  async open(request: OpenRequest): Promise<ProviderSession> {
    const { sessionId, avatar, recordRef, seatAvatar, signal } = request;
    const { client } = this.#options;
    const logger = this.#options.logger.child({ sessionId });
    const avatarId = liveAvatarId(avatar.id, this.#defaultAvatar);
    const seat = await seatAvatar();
    if (signal.aborted) throw new CancelledError();
    const { sessionId: id, token } = await this.#createToken(avatar, avatarId, seat, signal);
    const ref = { provider: this.name, id, openedAt: Date.now() };
    try {
      await recordRef(ref);
      if (signal.aborted) throw new CancelledError();
      // Without the signal: what comes to run has to be stopped, and is only when it has come to run.
      const started = await client.start(token, { timeout: timeouts.start });
      if (started.socketUrl === undefined)
        throw new RetryableProviderError(
          'bad-response',
          'LiveAvatar started a LITE session without a socket',
        );
      if (signal.aborted) throw new CancelledError();
      return new LiteSession({
        ...request,
        ...this.#options,
        ref,
        token,
        started,
        socketUrl: started.socketUrl,
        avatarIdentity: seat.identity,
        logger,
      });
    } catch (error) {
      await stopUnopened(ref, () => stopSession(client, id, { token }), logger);
      throw aboutTheSeat(translateError(error));
    }
  }

  /** Its socket's address is in the answer that started the session and nowhere else. */
  attach(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  reap(ref: VendorSession, signal?: AbortSignal): Promise<{ wasOpen: boolean }> {
    return reapSession(this.#options.client, ref.id, signal);
  }

  list(signal?: AbortSignal): Promise<VendorSession[]> {
    return listSessions(this.#options.client, { provider: this.name, mode: 'LITE', signal });
  }

  async #createToken(
    { quality, videoEncoding }: AvatarSettings,
    avatarId: string,
    { url, room, token }: StageSeat,
    signal: AbortSignal,
  ): Promise<SessionToken> {
    try {
      return await this.#options.client.createToken(
        {
          mode: 'LITE',
          avatarId,
          ...(this.#options.sandbox && { sandbox: true }),
          quality,
          videoEncoding,
          livekit: { url, room, token },
        },
        { timeout: timeouts.token, signal },
      );
    } catch (error) {
      throw translateError(error);
    }
  }
}

/** The vendor answers 5xx to a start also when it cannot use the token for the stage, and does not say so. */
function aboutTheSeat(error: Error): Error {
  if (!(error instanceof RetryableProviderError) || error.code !== 'unavailable') return error;
  const { code, message, retryAfter, uncertain } = error;
  const advice =
    "if it goes on, LIVEKIT_PUBLIC_URL (or LIVEKIT_URL) may not be reachable from the vendor, or not be the server of the workers' LIVEKIT_API_KEY";
  return new RetryableProviderError(code, `${message}; ${advice}`, {
    cause: error,
    uncertain,
    ...(retryAfter !== undefined && { retryAfter }),
  });
}
