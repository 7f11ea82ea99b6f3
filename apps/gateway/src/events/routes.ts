import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { createRoute, z } from '@hono/zod-openapi';
import { ResetEvent, SessionEvent } from '@avatar-bridge/contracts';
import type { App, Parts } from '../parts.ts';
import { problemResponses } from '../problems/responses.ts';
import { sessionParams } from '../sessions/params.ts';
import { EventStream } from './event-stream.ts';
import { placeOf, placeQuery } from './place.ts';

const followEvents = createRoute({
  method: 'get',
  path: '/v1/sessions/{id}/events',
  tags: ['events'],
  security: [{ key: [] }],
  summary: 'Follow the event log as server-sent events: what is kept, then what comes, until session.ended',
  description:
    'Each event’s `id` is its place in the log. Come back with Last-Event-ID (browsers do) or `after`, and nothing is missed or doubled. ' +
    'A `reset` comes first when the log no longer reaches back that far. 204: the session has ended and you have all its events.',
  parameters: [
    {
      in: 'header',
      name: 'Last-Event-ID',
      required: false,
      schema: { type: 'string' },
      description: 'Goes before `after`',
    },
  ],
  request: { params: sessionParams, query: placeQuery },
  responses: {
    200: {
      description: 'The events; the data of each is',
      content: {
        'text/event-stream': {
          schema: z.union([SessionEvent.meta({ id: 'SessionEvent' }), ResetEvent.meta({ id: 'ResetEvent' })]),
        },
      },
    },
    204: { description: 'There is nothing more to come' },
    ...problemResponses('bad-request', 'unknown-session'),
  },
});

export function addEventRoutes(app: App, { store, listeners }: Parts): void {
  app.openapi(followEvents, async (c) => {
    const { id } = c.req.valid('param');
    const after = placeOf(c.req.valid('query').after, c.req.header('last-event-id'));
    const { state } = await store.getSession(id);
    if (state === 'ended' && after !== '$' && (await store.readEvents(id, { after, limit: 1 })).length === 0)
      return c.body(null, 204);
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' });
    const { requestId, credential } = c.var;
    const stream = new EventStream(c.env.outgoing, {
      sessionId: id,
      requestId,
      expiresAt: credential.ticket?.expiresAt,
    });
    void listeners.serve(stream, store.events(id, { after, signal: stream.left }));
    return RESPONSE_ALREADY_SENT;
  });
}
