import { createRoute, z } from '@hono/zod-openapi';
import { Session, SessionList, SessionRequest, SessionState } from '@avatar-bridge/contracts';
import { idempotencyOf, idempotencyParameter } from '../http/idempotency.ts';
import { jsonBody } from '../http/json-body.ts';
import type { App, Parts } from '../parts.ts';
import { badInput } from '../problems/bad-input.ts';
import { problemResponses } from '../problems/responses.ts';
import { sessionParams } from './params.ts';
import { providerFaults } from './provider-rules.ts';

const session = { 'application/json': { schema: Session.meta({ id: 'Session' }) } };
const common = { tags: ['sessions'], security: [{ key: [] }] };

const createSession = createRoute({
  ...common,
  method: 'post',
  path: '/v1/sessions',
  summary: 'Open a session: an avatar on a stage. It waits in line while all slots are taken',
  middleware: jsonBody,
  parameters: [idempotencyParameter],
  request: {
    body: {
      required: true,
      content: { 'application/json': { schema: SessionRequest.meta({ id: 'SessionRequest' }) } },
    },
  },
  responses: {
    201: { description: 'Queued', content: session },
    ...problemResponses(
      'bad-request',
      'not-json',
      'too-large',
      'unsupported-media-type',
      'idempotency-mismatch',
      'unsupported',
      'no-slot',
    ),
  },
});

const listSessions = createRoute({
  ...common,
  method: 'get',
  path: '/v1/sessions',
  summary: 'List sessions, newest first; go on with `cursor` while there is one',
  request: {
    query: z.object({
      state: SessionState.optional(),
      cursor: z.string().min(1).max(256).optional(),
      limit: z.coerce.number('must be a whole number from 1 to 200').int().min(1).max(200).optional(),
    }),
  },
  responses: {
    200: {
      description: 'A page',
      content: { 'application/json': { schema: SessionList.meta({ id: 'SessionList' }) } },
    },
    ...problemResponses('bad-request'),
  },
});

const getSession = createRoute({
  ...common,
  method: 'get',
  path: '/v1/sessions/{id}',
  summary: 'Get a session; with its position while it is queued',
  request: { params: sessionParams },
  responses: {
    200: { description: 'The session', content: session },
    ...problemResponses('unknown-session'),
  },
});

const stopSession = createRoute({
  ...common,
  method: 'delete',
  path: '/v1/sessions/{id}',
  summary: 'End a session; again is fine. What is unsaid is dropped',
  request: { params: sessionParams },
  responses: {
    200: { description: 'Ended, or about to', content: session },
    ...problemResponses('unknown-session'),
  },
});

export function addSessionRoutes(app: App, { store, offers, limits }: Parts): void {
  app.openapi(createSession, async (c) => {
    const request = c.req.valid('json');
    const offered = await offers.get();
    const faults = offered ? providerFaults(request, offered) : [];
    if (faults.length > 0) throw badInput(faults, 'unsupported');
    const { key } = c.var.credential;
    const { session: created, replayed } = await store.createSession(
      { ...request, limits: limits.of(key, request.limits), ...(key && { key }) },
      idempotencyOf(c),
    );
    if (replayed) c.header('idempotent-replayed', 'true');
    c.header('location', `/v1/sessions/${created.id}`);
    return c.json(created, 201);
  });
  app.openapi(listSessions, async (c) => c.json(await store.listSessions(c.req.valid('query')), 200));
  app.openapi(getSession, async (c) => c.json(await store.getSession(c.req.valid('param').id), 200));
  app.openapi(stopSession, async (c) =>
    c.json(await store.stopSession(c.req.valid('param').id, 'asked for over the API'), 200),
  );
}
