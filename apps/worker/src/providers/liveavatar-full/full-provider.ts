import { providerOf, type VendorSession } from '@avatar-bridge/contracts';
import {
  type FullSessionOptions,
  type LiveAvatarClient,
  sandboxAvatarId,
  type SessionToken,
  TerminalError,
} from '@avatar-bridge/heygen-client/liveavatar';
import type { VendorSessionRef } from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import type {
  AvatarProvider,
  OpenRequest,
  ProviderCapabilities,
  ProviderSession,
} from '../avatar-provider.ts';
import { translateError } from '../heygen/translate-error.ts';
import { liveAvatarId } from '../liveavatar/avatar-id.ts';
import { listSessions } from '../liveavatar/list-sessions.ts';
import { reapSession, stopSession } from '../liveavatar/stop-session.ts';
import { poolKey } from '../pool-key.ts';
import { CancelledError, RetryableProviderError, TerminalProviderError } from '../provider-errors.ts';
import type { Seal } from '../seal.ts';
import { stopUnopened } from '../stop-unopened.ts';
import { readWayBack, writeWayBack } from '../way-back.ts';
import { SessionContexts } from './contexts.ts';
import { CreditsWatch } from './credits-watch.ts';
import { FullSession } from './full-session.ts';
import { tokenOptions } from './token-options.ts';

/** ms */
const timeouts = { token: 10_000, start: 30_000 };
/** Seconds: the longest session of the largest plan. A smaller plan's limit is learned from its refusal. */
const longestSession = 3_600;
/** The vendor takes about v1's length; its limit is not documented. */
const maxUtteranceLength = 1_000;

export type FullProviderOptions = {
  client: LiveAvatarClient;
  /** Which of several vendor accounts it is; part of its name. */
  account?: string | undefined;
  logger: Logger;
  /** Seals what the next owner of a vendor session needs. */
  seal: Seal;
  /** The avatar for the id `default`. */
  avatarId?: string | undefined;
  /** Of sessions that name none. */
  voiceId?: string | undefined;
  /** What sessions answer from that name no knowledge base. */
  contextId?: string | undefined;
  /** No credits, about a minute a session, and one avatar only. */
  sandbox?: boolean | undefined;
};

/** LiveAvatar in FULL mode: texts in, the avatar in a room of the vendor's. */
export class FullProvider implements AvatarProvider {
  readonly name: string;
  readonly capabilities: ProviderCapabilities;
  readonly #options: FullProviderOptions;
  readonly #defaultAvatar: string | undefined;
  readonly #contexts: SessionContexts;
  readonly #credits: CreditsWatch;
  #maxDurationSeconds = longestSession;

  constructor(options: FullProviderOptions) {
    const { avatarId, client, contextId, logger, sandbox } = options;
    this.#options = options;
    this.name = providerOf('liveavatar-full', options.account);
    this.#defaultAvatar = sandbox ? sandboxAvatarId : avatarId;
    this.#contexts = new SessionContexts(client, contextId, logger);
    this.#credits = new CreditsWatch(client, logger);
    this.capabilities = {
      modes: ['repeat', 'talk'],
      talkNeedsKnowledge: contextId === undefined,
      uuidAvatars: true,
      defaultAvatar: this.#defaultAvatar !== undefined,
      maxUtteranceLength,
      finishesAlone: true,
      rollover: true,
      // Whether the vendor queues texts is not documented, and an answer under way can displace one.
      queueDepth: 1,
    };
  }

  async open(request: OpenRequest): Promise<ProviderSession> {
    const { avatar, onEvent, recordRef, sessionId, signal } = request;
    const { client } = this.#options;
    const logger = this.#options.logger.child({ sessionId });
    const { token, id, greets } = await this.#createToken(request);
    if (request.forPool && greets)
      throw new TerminalProviderError(
        'bad-request',
        'The context has an opening text, which a session that is kept ready would say to nobody: use one without',
      );
    const ref = { provider: this.name, id, openedAt: Date.now() };
    try {
      await recordRef(ref);
      if (signal.aborted) throw new CancelledError();
      // Without the signal: what comes to run has to be stopped, and is only when it has come to run.
      const started = await client.start(token, { timeout: timeouts.start });
      const { url, accessToken } = started;
      if (url === undefined || accessToken === undefined)
        throw new RetryableProviderError('bad-response', 'LiveAvatar started a FULL session without a room');
      if (signal.aborted) throw new CancelledError();
      const room = { url, accessToken, durationLimitMs: started.durationLimitMs };
      const attachable = { ...ref, data: writeWayBack({ ...room, token }, this.#options.seal) };
      await recordRef(attachable);
      const onOver = this.#credits.add(onEvent);
      return new FullSession({
        client,
        ref: attachable,
        token,
        room,
        avatar,
        greets,
        onEvent,
        onOver,
        logger,
      });
    } catch (error) {
      void this.#credits.look();
      await stopUnopened(ref, () => stopSession(client, id), logger);
      throw translateError(error);
    }
  }

  async attach(
    ref: VendorSessionRef,
    { avatar, onEvent, sessionId, signal, wasLive = false }: Omit<OpenRequest, 'recordRef'>,
  ): Promise<ProviderSession | undefined> {
    const { client, logger, seal } = this.#options;
    const wayBack = readWayBack(ref, seal);
    if (!wayBack) return undefined;
    const { token, ...room } = wayBack;
    const onOver = this.#credits.add(onEvent);
    const session = new FullSession({
      client,
      ref,
      token,
      room,
      avatar,
      greets: false,
      attached: wasLive,
      onEvent,
      onOver,
      logger: logger.child({ sessionId }),
    });
    try {
      // Whether it lives is said by the vendor only.
      await session.keepAlive(signal);
      return session;
    } catch (error) {
      onOver();
      throw error;
    }
  }

  /** A conversation that is carried over is asked for when the vendor session is created. */
  poolKey({ avatar, previous }: Pick<OpenRequest, 'avatar' | 'previous'>): string | undefined {
    const { contextId, sandbox = false, voiceId } = this.#options;
    const { id, voice, quality, videoEncoding, language, knowledgeBase } = avatar;
    const knowledgeBaseId = avatar.knowledgeBaseId ?? (knowledgeBase === undefined ? contextId : undefined);
    if (previous && (knowledgeBase !== undefined || knowledgeBaseId !== undefined)) return undefined;
    return poolKey(this.name, {
      avatarId: id === 'default' ? this.#defaultAvatar : id,
      voice: { ...voice, id: voice.id ?? voiceId },
      quality,
      videoEncoding,
      language,
      knowledgeBase,
      knowledgeBaseId,
      sandbox,
    });
  }

  reap(ref: VendorSession, signal?: AbortSignal): Promise<{ wasOpen: boolean }> {
    return reapSession(this.#options.client, ref.id, signal);
  }

  list(signal?: AbortSignal): Promise<VendorSession[]> {
    return listSessions(this.#options.client, { provider: this.name, mode: 'FULL', signal });
  }

  async #createToken({ avatar, previous, signal }: OpenRequest) {
    const { sandbox = false, voiceId } = this.#options;
    try {
      const avatarId = liveAvatarId(avatar.id, this.#defaultAvatar);
      const context = await this.#contexts.of(avatar, signal);
      const maxDurationSeconds = this.#maxDurationSeconds;
      const vendor = { avatarId, sandbox, voiceId, context, previous, maxDurationSeconds };
      const { sessionId: id, token } = await this.#tokenFor(tokenOptions(avatar, vendor), signal);
      return { id, token, greets: context?.greets ?? false };
    } catch (error) {
      if (signal.aborted) throw new CancelledError({ cause: error });
      throw translateError(error);
    }
  }

  /** Asks for the longest session that the plan allows, which the vendor names when it is asked for more. */
  async #tokenFor(options: FullSessionOptions, signal: AbortSignal): Promise<SessionToken> {
    const call = { timeout: timeouts.token, signal };
    try {
      return await this.#options.client.createToken(options, call);
    } catch (error) {
      const limit = error instanceof TerminalError && /maximum allowed \((\d+)s\)/.exec(error.message)?.[1];
      if (!limit) throw error;
      this.#maxDurationSeconds = Number(limit);
      return this.#options.client.createToken({ ...options, maxDurationSeconds: Number(limit) }, call);
    }
  }
}
