import type { Session, SessionId } from '@avatar-bridge/contracts';
import { sessionIdOf } from '@avatar-bridge/contracts';
import type { SessionStore } from '@avatar-bridge/session-store';
import type { Context } from 'hono';
import type { Keyring } from '../auth/keyring.ts';
import type { SessionToken, SessionTokens } from './session-tokens.ts';
import { V1Failure } from './v1-failure.ts';

/**
 * What a request proved: that it has one of our API keys, or a session token. `key` names the key, or that of
 * the token.
 */
export type V1Credential =
  | { kind: 'key'; key: string }
  | { kind: 'token'; key?: string; token: SessionToken };

/** Who may do what: a key everything, a session token what concerns the session that it opened. */
export class Credentials {
  readonly #keyring: Keyring;
  readonly #tokens: SessionTokens;
  readonly #store: SessionStore;

  constructor(keyring: Keyring, tokens: SessionTokens, store: SessionStore) {
    this.#keyring = keyring;
    this.#tokens = tokens;
    this.#store = store;
  }

  /**
   * The key goes in `X-Api-Key` or, as some of v1's pages have it, as Bearer; a token as Bearer. Throws
   * `unauthorized`.
   */
  async of(c: Context): Promise<V1Credential> {
    const key = c.req.header('x-api-key');
    if (key !== undefined) {
      const holder = this.#keyring.holderOf(key);
      if (holder) return { kind: 'key', key: holder.key };
      throw V1Failure.of('unauthorized');
    }
    const bearer = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
    const holder = this.#keyring.holderOf(bearer);
    if (holder) return { kind: 'key', key: holder.key };
    const token = await this.#tokens.read(bearer, Date.now());
    if (!token) throw V1Failure.of('unauthorized');
    return { kind: 'token', token, ...(token.key && { key: token.key }) };
  }

  /** @returns the key's name */
  async requireKey(c: Context): Promise<string> {
    const credential = await this.of(c);
    if (credential.kind !== 'key') throw V1Failure.of('unauthorized');
    return credential.key;
  }

  /** For `streaming.new`: a token that has opened no session yet. */
  async requireFresh({ token }: Extract<V1Credential, { kind: 'token' }>): Promise<void> {
    if (!token.fresh || (await this.#store.v1Door.sessionOfToken(token.id)))
      throw V1Failure.of('unauthorized');
  }

  /** The session that a call is about, if its caller may act on it. */
  async session(credential: V1Credential, uuid: string): Promise<Session> {
    const id = sessionIdOf(uuid);
    if (credential.kind === 'token' && (await this.#store.v1Door.sessionOfToken(credential.token.id)) !== id)
      throw V1Failure.of('unauthorized');
    if (id === undefined) throw V1Failure.of('wrongState');
    return this.#ofTheDoor(id);
  }

  /**
   * The session that a socket is for. One that was opened with a key has no token yet: the first fresh one
   * that comes is its own.
   */
  async sessionOfSocket(token: string, uuid: string): Promise<Session> {
    const id = sessionIdOf(uuid);
    const read = await this.#tokens.read(token, Date.now());
    if (!read || id === undefined) throw V1Failure.of('unauthorized');
    const { v1Door } = this.#store;
    const bound = await v1Door.sessionOfToken(read.id);
    if (bound === id) return this.#ofTheDoor(id);
    if (bound !== undefined || !read.fresh) throw V1Failure.of('unauthorized');
    const session = await this.#ofTheDoor(id);
    if (!(await v1Door.bindToken(read.id, id))) throw V1Failure.of('unauthorized');
    return session;
  }

  /** Sessions that were opened otherwise are none of the door's. */
  async #ofTheDoor(id: SessionId): Promise<Session> {
    const session = await this.#store.getSession(id);
    if (session.dialect !== 'heygen-v1') throw V1Failure.of('wrongState');
    return session;
  }
}
