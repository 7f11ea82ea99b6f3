import { Problem } from '@avatar-bridge/contracts';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chatbotKey, operatorKey, testGateway, type TestGateway } from './support/gateway.ts';
import { openSocket } from './support/web-socket.ts';

let gateway: TestGateway;
let sessionId: string;
let messageId: string;
beforeAll(async () => {
  gateway = await testGateway({ BRIDGE_MAILBOX_LIMIT: '50' });
  ({ id: sessionId } = await gateway.createSession());
  ({ id: messageId } = await gateway.post(sessionId, 'Hello.'));
});
afterAll(() => gateway.close());

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', 'Hello.', 'talk', 'repeat', '__proto__', '\u0000', '\ud800'),
);
const near = (...fields: string[]) =>
  fc.dictionary(fc.oneof(fc.constantFrom(...fields), text), fc.oneof(text, fc.jsonValue(), fc.integer()), {
    maxKeys: 6,
  });
const body = fc.oneof(
  near('text', 'mode', 'expiresAfter'),
  near('avatar', 'room', 'metadata', 'onUncertain'),
  near('identity', 'name', 'control'),
  fc.record({ text, mode: fc.constantFrom('talk', 'repeat') }),
  fc.record({
    avatar: near('id', 'voice', 'quality', 'stt', 'idleTimeoutSeconds'),
    metadata: fc.dictionary(text, text, { maxKeys: 20 }),
  }),
  fc.jsonValue(),
);
const segment = fc.oneof(
  fc.constantFrom(
    'v1',
    'sessions',
    'messages',
    'events',
    'interrupt',
    'viewers',
    'operators',
    'queues',
    'viewer',
    'assets',
    'SESSION',
    'MESSAGE',
  ),
  text.map((value) => encodeURIComponent(value.toWellFormed())),
);
const path = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(
        '',
        '/SESSION',
        '/SESSION/messages',
        '/SESSION/interrupt',
        '/SESSION/viewers',
        '/SESSION/messages/MESSAGE',
      )
      .map((rest) => `/v1/sessions${rest}`),
  },
  { weight: 1, arbitrary: fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join('/')}`) },
);
const query = fc.oneof(
  fc.constant(''),
  fc
    .dictionary(fc.oneof(fc.constantFrom('state', 'cursor', 'limit', 'after'), text), text, { maxKeys: 4 })
    .map((fields) => {
      const entries = Object.entries(fields).map(([name, value]): [string, string] => [
        name.toWellFormed(),
        value.toWellFormed(),
      ]);
      return `?${new URLSearchParams(entries).toString()}`;
    }),
);
const headerValue = fc.string({ unit: 'grapheme-ascii', maxLength: 140 }).map((value) => value.trim());
const request = fc.record(
  {
    method: fc.constantFrom('GET', 'POST', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'),
    path,
    query,
    body: fc.oneof(
      body.map((value) => JSON.stringify(value)),
      text.map((value) => value.toWellFormed()),
    ),
    type: fc.constantFrom(
      'application/json',
      'application/json; charset=utf-8',
      'text/plain',
      'application/json; x',
    ),
    key: fc.constantFrom(chatbotKey, chatbotKey, chatbotKey, operatorKey, null, 'nobody.has.this'),
    idempotencyKey: headerValue,
  },
  { requiredKeys: ['method', 'path', 'query', 'key'] },
);

test('whatever is asked, the answer is no 5xx, and every error is a Problem', async () => {
  await fc.assert(
    fc.asyncProperty(
      request,
      async ({ method, path: template, query: search, body: raw, type, key, idempotencyKey }) => {
        const target = template.replace('SESSION', sessionId).replace('MESSAGE', messageId) + search;
        const bodyless = method === 'GET' || method === 'HEAD';
        const answer = await gateway.call(method, target, {
          raw: bodyless || raw === undefined ? undefined : new Blob([raw]),
          key,
          headers: {
            ...(type ? { 'content-type': type } : {}),
            ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
          },
        });
        // The board speaks its own language, and a page that is not built is a page.
        if (target.startsWith('/operators/queues') || target.startsWith('/viewer/')) return;
        expect(answer.status, `${method} ${target} ${raw}`).toBeLessThan(500);
        expect(answer.headers.get('x-request-id')).toBeTruthy();
        if (answer.status < 400 || method === 'HEAD') return;
        expect(answer.headers.get('content-type')).toBe('application/problem+json');
        const problem = Problem.parse(answer.body);
        expect(problem.status).toBe(answer.status);
        expect(answer.text).not.toMatch(/\bat .+:\d+:\d+/);
        // A DELETE may have hit the session itself.
        if (method === 'DELETE') ({ id: sessionId } = await gateway.createSession());
      },
    ),
    { numRuns: 600 },
  );
}, 60_000);

test('whatever is said over a socket, it answers and stays', async () => {
  const { id } = await gateway.createSession();
  const socket = await openSocket(gateway.url, id);
  const frame = fc.oneof(
    near('type', 'id', 'message').map((value) => JSON.stringify(value)),
    fc
      .record({ type: fc.constantFrom('message', 'interrupt', 'ping'), id: text, message: body })
      .map((value) => JSON.stringify(value)),
    text.map((value) => value.toWellFormed()),
  );
  await fc.assert(
    fc.asyncProperty(frame, async (value) => {
      const before = socket.answers.length;
      socket.socket.send(value);
      await socket.until(() => socket.answers.length > before);
      const answer = socket.answers[before];
      const status = answer?.type === 'error' ? Problem.parse(answer.problem).status : 200;
      if (status >= 500) throw new Error(`${value} was answered with ${status}`);
    }),
    { numRuns: 300 },
  );
  expect(socket.socket.readyState).toBe(socket.socket.OPEN);
  socket.socket.close();
}, 60_000);
