import { randomBytes } from 'node:crypto';
import { createRoute } from '@hono/zod-openapi';
import { type TicketGrant, usualGrants, ViewerAccess, ViewerRequest } from '@avatar-bridge/contracts';
import type { TicketClaims } from '../auth/credential.ts';
import { missingGrant } from '../auth/missing-grant.ts';
import { jsonBody } from '../http/json-body.ts';
import type { App, Parts } from '../parts.ts';
import { badInput } from '../problems/bad-input.ts';
import { ProblemError } from '../problems/problem-error.ts';
import { problemResponses } from '../problems/responses.ts';
import { sessionParams } from '../sessions/params.ts';

const admitViewer = createRoute({
  method: 'post',
  path: '/v1/sessions/{id}/viewers',
  tags: ['viewers'],
  security: [{ key: [] }],
  summary: 'Let somebody watch: a LiveKit token that subscribes only, and a link to the viewer page',
  middleware: jsonBody,
  request: {
    params: sessionParams,
    body: {
      required: true,
      content: { 'application/json': { schema: ViewerRequest.meta({ id: 'ViewerRequest' }) } },
    },
  },
  responses: {
    201: {
      description: 'May watch',
      content: { 'application/json': { schema: ViewerAccess.meta({ id: 'ViewerAccess' }) } },
    },
    ...problemResponses(
      'bad-request',
      'not-json',
      'unknown-session',
      'session-ended',
      'too-large',
      'unsupported-media-type',
    ),
  },
});

/** A viewer with such a name would throw the avatar out of its own room. */
const reserved = /^(avatar-|relay)/i;

/** The avatar and its client, as v1 names them. */
const takenInV1 = new Set(['heygen', 'client']);

export function addViewerRoutes(
  app: App,
  { store, tickets, viewerTokens, viewerTtl, publicUrl }: Parts,
): void {
  app.openapi(admitViewer, async (c) => {
    const { identity = `viewer-${randomBytes(8).toString('hex')}`, name, control } = c.req.valid('json');
    const { ticket: own } = c.var.credential;
    if (reserved.test(identity))
      throw badInput([{ field: 'identity', rule: 'must not begin with avatar- or relay' }]);
    // Whoever names the identity of somebody who is there takes his place.
    if (own && c.req.valid('json').identity !== undefined)
      throw new ProblemError('missing-grant', 'With a ticket, leave the identity out: it is made up here.');
    const grants = grantsFor(control, own);
    const { id, room, state, dialect } = await store.getSession(c.req.valid('param').id);
    if (dialect === 'heygen-v1' && takenInV1.has(identity))
      throw badInput([{ field: 'identity', rule: 'must not be heygen or client on a stage of the v1 door' }]);
    if (state === 'ended')
      throw new ProblemError('session-ended', 'There is nothing to watch any more. Create another session.');
    // Its avatar starts while the viewer's page loads.
    if (state === 'parked') await store.wakeSession(id);
    const now = Date.now();
    // In whole seconds, as tokens count. Who came with a ticket passes on no more time than he has himself.
    const expiresAt = Math.min(Math.floor((now + viewerTtl) / 1000) * 1000, own?.expiresAt ?? Infinity);
    const { url } = viewerTokens;
    const token = await viewerTokens.issue({ identity, name, room, ttl: expiresAt - now });
    const ticket = grants && (await tickets.issue({ sessionId: id, grants, expiresAt }));
    const fragment = new URLSearchParams(ticket ? { ticket } : { token, url });
    const link = `${publicUrl()}/viewer/${id}#${fragment.toString()}`;
    c.header('cache-control', 'no-store');
    return c.json({ url, token, identity, room, expiresAt, ticket, grants, link }, 201);
  });
}

/**
 * The grants of a new ticket, or undefined when none is asked for. Nobody passes on what his own ticket
 * lacks.
 */
function grantsFor(
  control: boolean | TicketGrant[],
  own: TicketClaims | undefined,
): TicketGrant[] | undefined {
  if (control === false) return undefined;
  const asked = control === true ? usualGrants : [...new Set(control)];
  const lacking = own && asked.find((grant) => !own.grants.includes(grant));
  if (lacking) throw missingGrant(lacking);
  return [...asked];
}
