// What the framework alone can do on this machine: the route of a message with the same key check, schema and
// answer, and nothing behind it.
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { MessageAccepted, MessageRequest } from '@avatar-bridge/contracts';
import { Keyring } from '../src/auth/keyring.ts';
import { Secret } from '../src/secret.ts';
import { sessionParams } from '../src/sessions/params.ts';

const keyring = new Keyring({ chatbot: [new Secret(process.env.BRIDGE_CHATBOT_KEYS ?? '')], operator: [] });
const route = createRoute({
  method: 'post',
  path: '/v1/sessions/{id}/messages',
  request: {
    params: sessionParams,
    body: { required: true, content: { 'application/json': { schema: MessageRequest } } },
  },
  responses: {
    202: { description: 'Accepted', content: { 'application/json': { schema: MessageAccepted } } },
  },
});

const app = new OpenAPIHono();
app.use('/v1/*', async (c, next) => {
  if (!keyring.holderOf(c.req.header('authorization')?.slice('Bearer '.length) ?? '')) return c.text('', 401);
  await next();
});
let seq = 0;
app.openapi(route, (c) => {
  c.req.valid('json');
  const { id } = c.req.valid('param');
  return c.json(
    {
      id: 'msg_01890000000070008000000000000000',
      sessionId: id,
      seq: ++seq,
      state: 'accepted' as const,
      position: 0,
    },
    202,
  );
});

const listener = getRequestListener(app.fetch);
const server = createServer((request, response) => void listener(request, response)).listen(
  0,
  '127.0.0.1',
  () => {
    const { port } = server.address() as { port: number };
    process.stdout.write(`${JSON.stringify({ listening: `http://127.0.0.1:${port}` })}\n`);
  },
);
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
