import type { Context, MiddlewareHandler } from 'hono';
import type { GatewayEnv, Parts } from '../parts.ts';
import { ProblemError } from '../problems/problem-error.ts';
import { mayAct, type Credential, type Role, type TicketClaims } from './credential.ts';
import { missingGrant } from './missing-grant.ts';
import { neededGrant } from './needed-grant.ts';
import { ticketIn } from './subprotocol.ts';

const challenges: Record<Role, string> = {
  chatbot: 'Bearer realm="avatar-bridge"',
  operator: 'Basic realm="avatar-bridge operators", charset="UTF-8"',
};

/**
 * Lets those pass who may act as `needed`, and remembers who it was. 401 for strangers, 403 for the wrong
 * role.
 */
export function authenticate(
  parts: Pick<Parts, 'keyring' | 'tickets'>,
  needed: Role,
): MiddlewareHandler<GatewayEnv> {
  return async (c, next) => {
    const credential = await credentialOf(c, parts);
    if (!credential) {
      throw new ProblemError('missing-key', 'Send a valid key: Authorization: Bearer <key>.', {
        headers: { 'www-authenticate': challenges[needed] },
      });
    }
    if (!mayAct(credential, needed))
      throw new ProblemError('wrong-role', `Use a key with the role ${needed}.`);
    if (credential.ticket) requireGrant(credential.ticket, c.req.method, c.req.path);
    c.set('credential', credential);
    await next();
  };
}

function requireGrant({ sessionId, grants }: TicketClaims, method: string, path: string): void {
  const needed = neededGrant(sessionId, method, path);
  if (needed === undefined)
    throw new ProblemError('missing-grant', 'A ticket reaches its own session only: use a key.');
  if (needed !== 'watch' && !grants.includes(needed)) throw missingGrant(needed);
}

async function credentialOf(
  c: Context<GatewayEnv>,
  { keyring, tickets }: Pick<Parts, 'keyring' | 'tickets'>,
): Promise<Credential | undefined> {
  const [scheme = '', value = ''] = (c.req.header('authorization') ?? '').split(/ +/, 2);
  switch (scheme.toLowerCase()) {
    case 'bearer': {
      return keyring.holderOf(value) ?? viewerWith(await tickets.read(value));
    }
    case 'basic': {
      // Browsers send these by themselves, so other people's pages must not be able to make them do so.
      const holder = fromElsewhere(c) ? undefined : keyring.holderOf(passwordOf(value));
      return holder?.role === 'operator' ? holder : undefined;
    }
    default: {
      const ticket = ticketIn(c.req.header('sec-websocket-protocol'));
      return ticket ? viewerWith(await tickets.read(ticket)) : undefined;
    }
  }
}

function viewerWith(ticket: TicketClaims | undefined): Credential | undefined {
  return ticket && { role: 'viewer', ticket };
}

function passwordOf(credentials: string): string {
  const text = Buffer.from(credentials, 'base64').toString();
  return text.slice(text.indexOf(':') + 1);
}

function fromElsewhere(c: Context): boolean {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const origin = c.req.header('origin');
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== c.req.header('host'));
}
