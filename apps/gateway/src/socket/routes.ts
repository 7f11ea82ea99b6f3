import { upgradeWebSocket } from '@hono/node-server';
import { createRoute } from '@hono/zod-openapi';
import type { WebSocket } from 'ws';
import { placeQuery } from '../events/place.ts';
import type { App, Parts } from '../parts.ts';
import { ProblemError } from '../problems/problem-error.ts';
import { problemResponses } from '../problems/responses.ts';
import { sessionParams } from '../sessions/params.ts';
import { answerRequest } from './answer-request.ts';
import { SocketConnection } from './socket-connection.ts';

const openSocket = createRoute({
  method: 'get',
  path: '/v1/sessions/{id}/socket',
  tags: ['events'],
  security: [{ key: [] }],
  summary: 'A WebSocket both ways: events out, messages and interrupts in',
  description:
    'Sends `{type: "event", event}`, and one `answer` or `error` to each request, with its id: `{type: "message", id, message: {text, mode}}`, ' +
    '`{type: "interrupt", id}`, `{type: "ping", id}`. A message’s id is its Idempotency-Key. Browsers offer the subprotocols `avatar-bridge` and ' +
    '`bearer.<ticket>`. Close codes: 1000 the session has ended, 1001 going away, 4001 ticket expired, 4008 too slow; after all but the first, ' +
    'come back with `after`.',
  request: { params: sessionParams, query: placeQuery },
  responses: {
    101: { description: 'A WebSocket' },
    ...problemResponses('bad-request', 'unknown-session', 'upgrade-required'),
  },
});

export function addSocketRoutes(app: App, parts: Parts): void {
  app.openapi(openSocket, async (c) => {
    const { id } = c.req.valid('param');
    const { after } = c.req.valid('query');
    if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') {
      throw new ProblemError('upgrade-required', 'Connect with a WebSocket, or use /events.', {
        headers: { upgrade: 'websocket' },
      });
    }
    await parts.store.getSession(id);
    const { requestId, credential } = c.var;
    return upgradeWebSocket(c, {
      onOpen: (_event, context) => {
        const connection = new SocketConnection(context.raw as WebSocket, {
          sessionId: id,
          requestId,
          expiresAt: credential.ticket?.expiresAt,
          answer: (text) => answerRequest(text, id, credential, parts),
        });
        void parts.listeners.serve(connection, parts.store.events(id, { after, signal: connection.left }));
      },
    });
  });
}
