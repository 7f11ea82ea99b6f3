import { timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { now } from '../../clock.ts';
import type { Switches } from '../../switches.ts';
import type { Tokens } from './tokens.ts';
import { VendorFailure } from './vendor-failure.ts';

/** What a request proved: that it has the account's key, or one of its session tokens. */
export type Credential = { kind: 'key' } | { kind: 'token'; token: string };

/** Who may call what: the API key everything, a session token what belongs to its session. */
export class Credentials {
  readonly #apiKey: Buffer;
  readonly #tokens: Tokens;
  readonly #switches: Switches;

  constructor(apiKey: string, tokens: Tokens, switches: Switches) {
    this.#apiKey = Buffer.from(apiKey);
    this.#tokens = tokens;
    this.#switches = switches;
  }

  /** For create_token and the knowledge bases, which take the key only. */
  requireKey(c: Context): void {
    if (!this.#isKey(c.req.header('x-api-key'))) throw VendorFailure.of('unauthorized');
  }

  /** For streaming.new: the key, or a token that opened no session yet. */
  requireFresh(c: Context): Credential {
    const credential = this.#read(c);
    if (credential.kind === 'token' && !this.#tokens.isFresh(credential.token, now()))
      throw VendorFailure.of('unauthorized');
    return credential;
  }

  /** For calls about a session, or about the account when there is none. */
  require(c: Context, sessionId?: string): void {
    const credential = this.#read(c);
    if (credential.kind === 'token' && !this.#tokens.allows(credential.token, sessionId, now()))
      throw VendorFailure.of('unauthorized');
  }

  #read(c: Context): Credential {
    if (this.#isKey(c.req.header('x-api-key'))) return { kind: 'key' };
    const bearer = /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    if (bearer === undefined) throw VendorFailure.of('unauthorized');
    if (this.#switches.values.bearerApiKey === 'accepted' && this.#isKey(bearer)) return { kind: 'key' };
    return { kind: 'token', token: bearer };
  }

  #isKey(value: string | undefined): boolean {
    const given = Buffer.from(value ?? '');
    return given.length === this.#apiKey.length && timingSafeEqual(given, this.#apiKey);
  }
}
