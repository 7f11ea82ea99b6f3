import type { VendorSessionRef } from '@avatar-bridge/session-store';
import { providerOf, type VendorSession } from '@avatar-bridge/contracts';
import {
  type HeyGenClient,
  HeyGenError,
  maxTaskTextLength,
  type NewSession,
} from '@avatar-bridge/heygen-client';
import type { Logger } from 'pino';
import type {
  AvatarProvider,
  OpenRequest,
  ProviderCapabilities,
  ProviderSession,
} from '../avatar-provider.ts';
import { CancelledError } from '../provider-errors.ts';
import { HeyGenSession } from './heygen-session.ts';
import { poolKey } from '../pool-key.ts';
import type { Seal } from '../seal.ts';
import { stopUnopened } from '../stop-unopened.ts';
import { readWayBack, writeWayBack } from '../way-back.ts';
import { sessionOptions } from './session-options.ts';
import { stopSession } from './stop-session.ts';
import { translateError } from './translate-error.ts';

/** ms */
const timeouts = { token: 5_000, creation: 30_000, list: 5_000 };

export type HeyGenProviderOptions = {
  client: HeyGenClient;
  /** Which of several vendor accounts it is; part of its name. */
  account?: string | undefined;
  logger: Logger;
  /**
   * Utterances the vendor holds at once. Default 1: whether a second task waits for the first or silences it
   * is not documented, and only waiting keeps every word. 2 closes the gaps between utterances where the
   * vendor is known to queue.
   */
  queueDepth?: number;
  /** Seals what the next owner of a vendor session needs. */
  seal: Seal;
};

/** HeyGen's Streaming API v1. */
export class HeyGenProvider implements AvatarProvider {
  readonly name: string;
  readonly capabilities: ProviderCapabilities;
  readonly #client: HeyGenClient;
  readonly #logger: Logger;
  readonly #seal: Seal;

  constructor({ client, account, logger, seal, queueDepth = 1 }: HeyGenProviderOptions) {
    this.name = providerOf('heygen', account);
    this.#seal = seal;
    this.#client = client;
    this.#logger = logger;
    this.capabilities = {
      modes: ['talk', 'repeat'],
      talkNeedsKnowledge: false,
      uuidAvatars: false,
      defaultAvatar: true,
      finishesAlone: true,
      rollover: true,
      maxUtteranceLength: maxTaskTextLength,
      queueDepth,
    };
  }

  async open({ sessionId, avatar, recordRef, onEvent, signal }: OpenRequest): Promise<ProviderSession> {
    const logger = this.#logger.child({ sessionId });
    const { token, created } = await this.#create(avatar, signal);
    const { sessionId: id, url, accessToken, durationLimit: durationLimitMs } = created;
    const room = { url, accessToken, durationLimitMs };
    const unstarted = { provider: this.name, id, openedAt: Date.now() };
    const ref = { ...unstarted, data: writeWayBack({ ...room, token }, this.#seal) };
    const session = new HeyGenSession({ client: this.#client, room, ref, token, avatar, onEvent, logger });
    try {
      await recordRef(unstarted);
      if (signal.aborted) throw new CancelledError();
      await session.start(signal);
      // From now on another worker can go on with it.
      await recordRef(ref);
      return session;
    } catch (error) {
      await stopUnopened(ref, () => session.close('could not be opened'), logger);
      throw translateError(error);
    }
  }

  async attach(
    ref: VendorSessionRef,
    { sessionId, avatar, onEvent, signal }: Omit<OpenRequest, 'recordRef'>,
  ): Promise<ProviderSession | undefined> {
    const wayBack = readWayBack(ref, this.#seal);
    if (!wayBack) return undefined;
    const { token, ...room } = wayBack;
    const logger = this.#logger.child({ sessionId });
    const session = new HeyGenSession({ client: this.#client, room, ref, token, avatar, onEvent, logger });
    // Whether it lives is said by the vendor only.
    await session.keepAlive(signal);
    return session;
  }

  poolKey({ avatar }: Pick<OpenRequest, 'avatar'>): string {
    return poolKey(this.name, sessionOptions(avatar));
  }

  reap(ref: VendorSession, signal?: AbortSignal): Promise<{ wasOpen: boolean }> {
    return stopSession(this.#client, ref.id, { signal });
  }

  async list(signal?: AbortSignal): Promise<VendorSession[]> {
    try {
      const open = await this.#client.list({ timeout: timeouts.list, signal });
      // One without a time must not look old: whoever stops old ones would stop it.
      return open.map((session) => ({
        provider: this.name,
        id: session.sessionId,
        openedAt: Math.round(session.createdAt ?? Date.now()),
      }));
    } catch (error) {
      throw translateError(error);
    }
  }

  async #create(
    avatar: OpenRequest['avatar'],
    signal: AbortSignal,
  ): Promise<{ token: string; created: NewSession }> {
    try {
      const token = await this.#client.createToken({ timeout: timeouts.token, signal });
      // Without the signal: a session that comes into being has to become known, or nobody can stop it.
      const created = await this.#client.newSession(sessionOptions(avatar), {
        token,
        timeout: timeouts.creation,
      });
      return { token, created };
    } catch (error) {
      const unseen = error instanceof HeyGenError && error.uncertain;
      if (unseen)
        this.#logger.error(
          { code: error.code },
          'a vendor session may have come into being unseen; it ends by its idle timeout, or by the sweep',
        );
      throw translateError(error);
    }
  }
}
