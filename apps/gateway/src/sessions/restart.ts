import { createRoute } from '@hono/zod-openapi';
import { isNamed, RestartRequest, Session, type SessionProvider } from '@avatar-bridge/contracts';
import type { NewSession } from '@avatar-bridge/session-store';
import { jsonBody } from '../http/json-body.ts';
import type { App, Parts } from '../parts.ts';
import { badInput } from '../problems/bad-input.ts';
import { ProblemError } from '../problems/problem-error.ts';
import { problemResponses } from '../problems/responses.ts';
import { sessionParams } from './params.ts';

/** Whoever restarts a session with a ticket finds the successor's own here. */
const ticketHeader = 'bridge-ticket';

const restartSession = createRoute({
  method: 'post',
  path: '/v1/sessions/{id}/restart',
  tags: ['sessions'],
  security: [{ key: [] }],
  summary:
    'Open the successor of a session that has ended: same settings, a room of its own. Again gives the same one',
  middleware: jsonBody,
  request: {
    params: sessionParams,
    body: {
      required: true,
      content: { 'application/json': { schema: RestartRequest.meta({ id: 'RestartRequest' }) } },
    },
  },
  responses: {
    201: {
      description:
        'The successor. With a ticket, the header Bridge-Ticket holds one for it, with the same grants',
      content: { 'application/json': { schema: Session.meta({ id: 'Session' }) } },
    },
    ...problemResponses(
      'bad-request',
      'not-json',
      'unknown-session',
      'session-open',
      'no-slot',
      'too-large',
      'unsupported-media-type',
    ),
  },
});

export function addRestartRoute(app: App, { store, tickets }: Pick<Parts, 'store' | 'tickets'>): void {
  app.openapi(restartSession, async (c) => {
    const ended = await store.getSession(c.req.valid('param').id);
    if (ended.state !== 'ended') throw new ProblemError('session-open', 'Stop it first: DELETE the session.');
    const { session, replayed } = await store.createSession(successorOf(ended, c.req.valid('json')), {
      // No caller's Idempotency-Key can hold a control character.
      idempotencyKey: `\u0000successor of ${ended.id}`,
      bodyHash: ended.id,
    });
    if (replayed) c.header('idempotent-replayed', 'true');
    c.header('location', `/v1/sessions/${session.id}`);
    const { ticket } = c.var.credential;
    if (ticket) c.header(ticketHeader, await tickets.issue({ ...ticket, sessionId: session.id }));
    return c.json(session, 201);
  });
}

function successorOf(
  { avatar, priority, providers, dialect, onUncertain, limits, key, metadata }: Session,
  { provider }: RestartRequest,
): NewSession {
  const isChosen = ({ name }: SessionProvider) => provider !== undefined && isNamed(name, provider);
  const chosen = providers?.filter(isChosen) ?? [];
  if (provider !== undefined && chosen.length === 0) {
    const own = providers?.map(({ name }) => name).join(', ') ?? 'none';
    throw badInput([{ field: 'provider', rule: `must be one of the session's own: ${own}` }]);
  }
  const ordered = providers && [...chosen, ...providers.filter((each) => !isChosen(each))];
  return {
    avatar,
    priority,
    ...(ordered && { providers: ordered }),
    ...(dialect && { dialect }),
    onUncertain,
    limits,
    ...(key && { key }),
    metadata,
  };
}
