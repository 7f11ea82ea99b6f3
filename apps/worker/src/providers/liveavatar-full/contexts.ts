import { createHash } from 'node:crypto';
import type { AvatarSettings } from '@avatar-bridge/contracts';
import type { ContextInfo, LiveAvatarClient } from '@avatar-bridge/heygen-client/liveavatar';
import type { Logger } from 'pino';
import { TerminalProviderError } from '../provider-errors.ts';

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
/** ms */
const timeout = 10_000;
/** Texts remembered with their context. */
const remembered = 1_000;

/** What a session answers from. `greets`: it says something by itself first. */
export type SessionContext = { contextId: string; greets: boolean };

/**
 * The contexts of an account that sessions answer from: one that is named, or one made from a text. Of each text one is made,
 * whatever the number of sessions and workers: its name tells its text.
 */
export class SessionContexts {
  readonly #client: LiveAvatarClient;
  readonly #defaultId: string | undefined;
  readonly #logger: Logger;
  readonly #byHash = new Map<string, Promise<string>>();

  /** @param defaultId of sessions that name none */
  constructor(client: LiveAvatarClient, defaultId: string | undefined, logger: Logger) {
    this.#client = client;
    this.#defaultId = defaultId;
    this.#logger = logger;
  }

  /**
   * Undefined when the session can do without: then it says texts, answers none, and greets nobody.
   *
   * @throws TerminalProviderError `bad-request`, and errors of the client
   */
  async of(
    { knowledgeBase, knowledgeBaseId }: AvatarSettings,
    signal: AbortSignal,
  ): Promise<SessionContext | undefined> {
    if (knowledgeBaseId === undefined && knowledgeBase !== undefined)
      return { contextId: await this.#made(knowledgeBase, signal), greets: false };
    const contextId = knowledgeBaseId ?? this.#defaultId;
    if (contextId === undefined) return undefined;
    if (!uuid.test(contextId))
      throw new TerminalProviderError(
        'bad-request',
        "LiveAvatar's contexts have UUIDs as ids: set avatar.knowledgeBaseId or LIVEAVATAR_CONTEXT_ID to one, or send the text as avatar.knowledgeBase",
      );
    return { contextId, greets: await this.#greets(contextId, signal) };
  }

  async #made(prompt: string, signal: AbortSignal): Promise<string> {
    const hash = createHash('sha256').update(prompt).digest('hex').slice(0, 32);
    const known = this.#byHash.get(hash);
    if (known) return known;
    // Without the signal of the one session that asks first: others wait for the same.
    const made = this.#findOrMake(`avatar-bridge ${hash}`, prompt);
    this.#byHash.set(hash, made);
    made.catch(() => this.#byHash.delete(hash));
    if (this.#byHash.size > remembered) this.#byHash.delete(this.#byHash.keys().next().value ?? '');
    const contextId = await made;
    signal.throwIfAborted();
    return contextId;
  }

  async #findOrMake(name: string, prompt: string): Promise<string> {
    for (let page: number | undefined = 1; page !== undefined;) {
      const listed: { items: ContextInfo[]; nextPage: number | undefined } = await this.#client.contexts.list(
        { page, pageSize: 100 },
        { timeout },
      );
      const same = listed.items.find((context) => context.name === name);
      if (same) return same.contextId;
      page = listed.nextPage;
    }
    const { contextId } = await this.#client.contexts.create({ name, prompt, openingText: '' }, { timeout });
    this.#logger.info({ contextId }, 'a context was made from a knowledge base');
    return contextId;
  }

  /** The vendor looks at no context before it is used, so a session goes on also when this fails. */
  async #greets(contextId: string, signal: AbortSignal): Promise<boolean> {
    try {
      const { openingText } = await this.#client.contexts.get(contextId, { timeout, signal });
      return openingText !== undefined && openingText.trim() !== '';
    } catch (error) {
      this.#logger.warn({ err: error, contextId }, 'the context could not be looked up, it may not exist');
      return true;
    }
  }
}
