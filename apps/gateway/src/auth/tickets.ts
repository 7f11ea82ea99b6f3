import { hkdfSync } from 'node:crypto';
import { TicketGrant } from '@avatar-bridge/contracts';
import { sign, verify } from 'hono/jwt';
import { z } from 'zod';
import type { Secret } from '../secret.ts';
import type { TicketClaims } from './credential.ts';

const audience = 'avatar-bridge';
/** Grants of a later version that this one does not know allow nothing here. */
const Claims = z.object({
  sub: z.string(),
  grants: z
    .array(z.string())
    .transform((grants) => TicketGrant.options.filter((grant) => grants.includes(grant))),
  exp: z.number(),
});

/**
 * Short-lived credentials for pages, each for one session and for what its grants name: JWTs whose `grants` a page may
 * read. All gateways with one LiveKit secret agree on them.
 */
export class Tickets {
  readonly #key: string;

  constructor(livekitSecret: Secret) {
    this.#key = Buffer.from(
      hkdfSync('sha256', livekitSecret.reveal(), '', 'avatar-bridge ticket', 32),
    ).toString('base64url');
  }

  /** `expiresAt` is rounded down to seconds. */
  issue({ sessionId, grants, expiresAt }: TicketClaims): Promise<string> {
    const claims = { aud: audience, sub: sessionId, grants, exp: Math.floor(expiresAt / 1000) };
    return sign(claims, this.#key, 'HS256');
  }

  /** What the ticket says, or undefined when it is forged, expired or no ticket at all. */
  async read(ticket: string): Promise<TicketClaims | undefined> {
    try {
      const claims = Claims.parse(await verify(ticket, this.#key, { alg: 'HS256', aud: audience }));
      return { sessionId: claims.sub, grants: claims.grants, expiresAt: claims.exp * 1000 };
    } catch {
      return undefined;
    }
  }
}
