import { timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { LiveAvatarFailure } from './failure.ts';
import type { SessionTokens } from './session-tokens.ts';

/**
 * Who may call what: the API key everything but sessions/start, a session token what belongs to its session.
 */
export class LiveAvatarCredentials {
  readonly #apiKey: Buffer;
  readonly #tokens: SessionTokens;

  constructor(apiKey: string, tokens: SessionTokens) {
    this.#apiKey = Buffer.from(apiKey);
    this.#tokens = tokens;
  }

  requireKey(c: Context): void {
    if (!this.#hasKey(c)) throw LiveAvatarFailure.of('unauthorized');
  }

  /** The session of the Bearer token. */
  async requireToken(c: Context): Promise<string> {
    const token = bearer(c);
    if (token === undefined) {
      throw LiveAvatarFailure.detail(403, 'Not authenticated');
    }
    const sessionId = await this.#tokens.sessionOf(token);
    if (sessionId === undefined) throw LiveAvatarFailure.of('unauthorized');
    return sessionId;
  }

  /**
   * The session that a call is about: with the key the one it names, with a session token the token's own.
   * Undefined when the key came without a session.
   */
  async sessionOf(c: Context, named: string | undefined): Promise<string | undefined> {
    if (this.#hasKey(c)) return named;
    if (c.req.header('x-api-key') !== undefined || bearer(c) === undefined)
      throw LiveAvatarFailure.of('unauthorized');
    const own = await this.requireToken(c);
    if (named !== undefined && named !== own) throw LiveAvatarFailure.of('unauthorized');
    return own;
  }

  #hasKey(c: Context): boolean {
    const given = Buffer.from(c.req.header('x-api-key') ?? '');
    return given.length === this.#apiKey.length && timingSafeEqual(given, this.#apiKey);
  }
}

function bearer(c: Context): string | undefined {
  return /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
}
