import { hkdfSync } from 'node:crypto';
import { sign, verify } from 'hono/jwt';
import type { Secret } from '../secret.ts';
import type { Credential } from './credential.ts';

const audience = 'avatar-bridge';

/** Short-lived stand-ins for a chatbot's key, for pages, each for one session. All gateways with one LiveKit secret agree on them. */
export class Tickets {
  readonly #key: string;

  constructor(livekitSecret: Secret) {
    this.#key = Buffer.from(
      hkdfSync('sha256', livekitSecret.reveal(), '', 'avatar-bridge ticket', 32),
    ).toString('base64url');
  }

  /** @param expiresAt epoch ms, rounded down to seconds. */
  issue(sessionId: string, expiresAt: number): Promise<string> {
    return sign(
      { aud: audience, sub: sessionId, role: 'chatbot', exp: Math.floor(expiresAt / 1000) },
      this.#key,
      'HS256',
    );
  }

  /** The ticket's credential, or undefined when it is forged, expired or no ticket at all. */
  async read(ticket: string): Promise<Credential | undefined> {
    try {
      const claims = await verify(ticket, this.#key, { alg: 'HS256', aud: audience });
      if (claims.role !== 'chatbot' || typeof claims.exp !== 'number' || typeof claims.sub !== 'string')
        return undefined;
      return { role: 'chatbot', expiresAt: claims.exp * 1000, sessionId: claims.sub };
    } catch {
      return undefined;
    }
  }
}
