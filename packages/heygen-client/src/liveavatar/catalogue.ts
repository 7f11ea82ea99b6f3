import type { CallOptions } from '../core/options.ts';
import type { Requester } from '../core/requester.ts';
import {
  avatarInfo,
  type AvatarInfo,
  contextInfo,
  type ContextInfo,
  type ContextOptions,
  contextRequest,
  type Page,
  pageOf,
  type PageOptions,
  pageQuery,
  voiceInfo,
  type VoiceInfo,
} from './listings.ts';
import { below } from './paths.ts';
import * as wire from './wire/index.ts';

type KeyOptions = Omit<CallOptions, 'token'>;

export class Avatars {
  readonly #requester: Requester;

  /** @internal */
  constructor(requester: Requester) {
    this.#requester = requester;
  }

  /** The account's own. */
  list(query: PageOptions = {}, options: KeyOptions = {}): Promise<Page<AvatarInfo>> {
    return this.#page('list the avatars', wire.endpoints.avatars, query, options);
  }

  listPublic(query: PageOptions = {}, options: KeyOptions = {}): Promise<Page<AvatarInfo>> {
    return this.#page('list the public avatars', wire.endpoints.publicAvatars, query, options);
  }

  async get(avatarId: string, options: KeyOptions = {}): Promise<AvatarInfo> {
    const path = below(wire.endpoints.avatars, avatarId);
    return avatarInfo(await this.#requester.get('look the avatar up', path, wire.Avatar, options));
  }

  async #page(
    what: string,
    path: string,
    query: PageOptions,
    options: KeyOptions,
  ): Promise<Page<AvatarInfo>> {
    const asked = pageQuery(query);
    const body = await this.#requester.get(what, path, wire.AvatarListResponse, options, asked);
    return pageOf(body, query, avatarInfo);
  }
}

export class Voices {
  readonly #requester: Requester;

  /** @internal */
  constructor(requester: Requester) {
    this.#requester = requester;
  }

  /** The public ones, unless `type` says otherwise. */
  async list(
    query: PageOptions & { type?: 'public' | 'private' } = {},
    options: KeyOptions = {},
  ): Promise<Page<VoiceInfo>> {
    const path = wire.endpoints.voices;
    const asked = { voice_type: query.type, ...pageQuery(query) } satisfies wire.VoiceListQuery;
    const body = await this.#requester.get('list the voices', path, wire.VoiceListResponse, options, asked);
    return pageOf(body, query, voiceInfo);
  }
}

/** What an avatar knows and how it answers. */
export class Contexts {
  readonly #requester: Requester;

  /** @internal */
  constructor(requester: Requester) {
    this.#requester = requester;
  }

  async list(query: PageOptions = {}, options: KeyOptions = {}): Promise<Page<ContextInfo>> {
    const path = wire.endpoints.contexts;
    const asked = pageQuery(query);
    const what = 'list the contexts';
    return pageOf(
      await this.#requester.get(what, path, wire.ContextListResponse, options, asked),
      query,
      contextInfo,
    );
  }

  async get(contextId: string, options: KeyOptions = {}): Promise<ContextInfo> {
    const path = below(wire.endpoints.contexts, contextId);
    return contextInfo(await this.#requester.get('look the context up', path, wire.Context, options));
  }

  async create(context: ContextOptions, options: KeyOptions = {}): Promise<ContextInfo> {
    const created = await this.#requester.call({
      what: 'create a context',
      path: wire.endpoints.contexts,
      repeat: 'unsent',
      ...contextBody(context),
      ...options,
    });
    return contextInfo(created);
  }

  /** Replaces all of it. */
  async update(contextId: string, context: ContextOptions, options: KeyOptions = {}): Promise<ContextInfo> {
    const updated = await this.#requester.call({
      what: 'update a context',
      method: 'PATCH',
      path: below(wire.endpoints.contexts, contextId),
      repeat: 'always',
      ...contextBody(context),
      ...options,
    });
    return contextInfo(updated);
  }

  async delete(contextId: string, options: KeyOptions = {}): Promise<void> {
    await this.#requester.call({
      what: 'delete a context',
      method: 'DELETE',
      path: below(wire.endpoints.contexts, contextId),
      repeat: 'always',
      ...options,
    });
  }
}

function contextBody(context: ContextOptions) {
  const secrets = [context.prompt, context.openingText];
  return { body: contextRequest(context), secrets, response: wire.Context };
}
