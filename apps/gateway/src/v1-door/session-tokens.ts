import { hkdfSync, randomUUID } from 'node:crypto';
import { sign, verify } from 'hono/jwt';
import { z } from 'zod';
import type { Secret } from '../secret.ts';

/**
 * ms within which a token can open a session; users of v1 saw theirs refused an hour after they were issued.
 */
const freshForMs = 3_600_000;
const Claims = z.object({ jti: z.uuid(), iat: z.number(), key: z.string().optional() });

export type SessionToken = {
  /** Names the token in the store; it is no secret. */
  id: string;
  /** Names the API key that it was issued to. */
  key?: string;
  /** Whether it is young enough to open a session. */
  fresh: boolean;
};

/** What `streaming.create_token` gives out. All gateways with one LiveKit secret agree on them. */
export class SessionTokens {
  readonly #key: string;

  constructor(livekitSecret: Secret) {
    const key = hkdfSync('sha256', livekitSecret.reveal(), '', 'avatar-bridge v1 session token', 32);
    this.#key = Buffer.from(key).toString('base64url');
  }

  issue(now: number, key?: string): Promise<string> {
    const claims = { jti: randomUUID(), iat: Math.floor(now / 1000), ...(key && { key }) };
    return sign(claims, this.#key, 'HS256');
  }

  /** What the token says; undefined when it is forged or no token at all. */
  async read(token: string, now: number): Promise<SessionToken | undefined> {
    try {
      const { jti, iat, key } = Claims.parse(await verify(token, this.#key, { alg: 'HS256', iat: false }));
      return { id: jti, fresh: now - iat * 1000 < freshForMs, ...(key && { key }) };
    } catch {
      return undefined;
    }
  }
}
