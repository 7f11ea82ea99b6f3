import { inspect } from 'node:util';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { HeyGenClient } from '../v1/client.ts';
import type { ClientOptions } from './options.ts';
import { CancelledError, HeyGenError, RetryableError, TerminalError } from './errors.ts';
import {
  drip,
  halfBody,
  hang,
  json,
  reset,
  startVendorServer,
  success,
  text,
} from '../testing/vendor-server.ts';
import { vendorErrors } from '../v1/wire/index.ts';

const apiKey = 'secret-key-0123456789';
const ok = success({ task_id: 't' });
const busy = json(503, { message: 'busy' }, { 'retry-after-ms': '20' });

async function failure(call: Promise<unknown>): Promise<HeyGenError & { retryAfter?: number }> {
  const error = await call.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(HeyGenError);
  return error as HeyGenError;
}

function clientOf(server: { baseUrl: string }, options: ClientOptions = {}): HeyGenClient {
  return new HeyGenClient({ apiKey, baseUrl: server.baseUrl, timeout: 2_000, ...options });
}

test.each(Object.entries(vendorErrors))(
  'the vendor error %s becomes an error of ours with the words of the vendor',
  async (name, error) => {
    await using server = await startVendorServer(
      json(error.status, { ...('code' in error && { code: error.code }), message: error.message }),
    );
    const thrown = await failure(clientOf(server, { maxRetries: 0 }).newSession());
    const expected: Record<keyof typeof vendorErrors, string> = {
      unauthorized: 'unauthorized',
      wrongState: 'not-ready',
      forbidden: 'forbidden',
      noApiAccess: 'forbidden',
      avatarNotAllowed: 'unknown-avatar',
      avatarDeprecated: 'unknown-avatar',
      avatarNotInteractive: 'unknown-avatar',
      sessionUnknown: 'session-closed',
      concurrencyLimit: 'concurrency-limit',
    };
    expect(thrown.code).toBe(expected[name as keyof typeof vendorErrors]);
    expect(thrown.message).toContain(error.message);
    expect(thrown).toMatchObject({ status: error.status, vendorMessage: error.message, uncertain: false });
    expect(thrown instanceof RetryableError).toBe(['not-ready', 'concurrency-limit'].includes(thrown.code));
  },
);

test('a wrong key names the variable to set, a refused session token does not', async () => {
  await using server = await startVendorServer(json(401, { code: 400112, message: 'Unauthorized' }));
  const client = clientOf(server);
  expect((await failure(client.list())).message).toContain('HEYGEN_API_KEY');
  const token = await failure(client.start('s', { token: 'used' }));
  expect(token.message).not.toContain('HEYGEN_API_KEY');
  expect(token).toMatchObject({ code: 'unauthorized', vendorCode: 400112, status: 401 });
});

test('the concurrency limit is known by its words whatever the number and status', async () => {
  await using server = await startVendorServer(
    json(403, { code: 10004, message: 'x' }),
    json(500, { code: 10007, message: 'x' }),
    json(200, { code: 99999, message: 'Concurrent limit reached, please …', data: null }),
  );
  const client = clientOf(server);
  for (let i = 0; i < 3; i++)
    expect(await failure(client.newSession())).toMatchObject({
      code: 'concurrency-limit',
      name: 'RetryableError',
    });
});

test.each([
  ['as the code', { code: 'endpoint_sunset', message: 'gone' }],
  ['nested', { data: null, error: { code: 'endpoint_sunset', message: 'This endpoint has been sunset' } }],
  ['in a page', '<html>gone</html>'],
])('an answer that v1 was switched off is terminal and says what to use instead: %s', async (_name, body) => {
  await using server = await startVendorServer(typeof body === 'string' ? text(410, body) : json(410, body));
  expect(await failure(clientOf(server).newSession())).toMatchObject({
    name: 'TerminalError',
    code: 'sunset',
    status: 410,
    message: expect.stringContaining('use the provider liveavatar-full'),
  });
});

test('nothing instead of JSON goes away again where an answer is needed', async () => {
  await using server = await startVendorServer(text(200, ''));
  expect(await failure(clientOf(server, { maxRetries: 0 }).list())).toMatchObject({
    name: 'RetryableError',
    code: 'unavailable',
    uncertain: true,
  });
});

test('a success status with an error code in the envelope is an error', async () => {
  await using server = await startVendorServer(
    json(200, { code: 400006, message: 'Session is not in correct state' }),
  );
  expect(await failure(clientOf(server).task('s', { text: 'a', taskType: 'repeat' }))).toMatchObject({
    code: 'not-ready',
    status: 200,
  });
});

test('a call that is safe to repeat is repeated until it succeeds', async () => {
  await using server = await startVendorServer(busy, reset, success({}));
  await clientOf(server).keepAlive('s');
  expect(server.seen).toHaveLength(3);
});

test('retries end after maxRetries with the last error', async () => {
  await using server = await startVendorServer(busy);
  expect(await failure(clientOf(server, { maxRetries: 1 }).stop('s'))).toMatchObject({
    code: 'unavailable',
    status: 503,
    retryAfter: 20,
  });
  expect(server.seen).toHaveLength(2);
});

test.each([
  ['429', json(429, { message: 'slow down' }, { 'retry-after-ms': '5' }), 'rate-limited', false],
  ['503', busy, 'unavailable', true],
  ['reset', reset, 'network', true],
  ['half a body', halfBody, 'network', true],
  ['a page', text(200, '<html>maintenance</html>'), 'unavailable', true],
] as const)('a task is never repeated: %s', async (_name, answer, code, uncertain) => {
  await using server = await startVendorServer(answer, ok);
  expect(await failure(clientOf(server).task('s', { text: 'Hello', taskType: 'repeat' }))).toMatchObject({
    code,
    uncertain,
  });
  expect(server.seen).toHaveLength(1);
});

test('new is repeated only when it never reached the vendor', async () => {
  await using server = await startVendorServer(
    reset,
    success({ session_id: 's', url: 'u', access_token: 'a' }),
  );
  expect(await failure(clientOf(server).newSession())).toMatchObject({ code: 'network', uncertain: true });
  expect(server.seen).toHaveLength(1);

  const nobody = createServer();
  await new Promise<void>((resolve) => nobody.listen(0, '127.0.0.1', resolve));
  const { port } = nobody.address() as AddressInfo;
  await new Promise((resolve) => nobody.close(resolve));
  const lines: object[] = [];
  const log = (details: object) => lines.push(details);
  const logger = { debug: () => {}, info: () => {}, warn: log, error: log };
  const client = new HeyGenClient({ apiKey, baseUrl: `http://127.0.0.1:${port}`, maxRetries: 1, logger });
  expect(await failure(client.newSession())).toMatchObject({
    code: 'network',
    uncertain: false,
    message: expect.stringContaining('ECONNREFUSED'),
  });
  expect(lines).toMatchObject([{ code: 'network', retry: 1 }]);
});

test('Retry-After is waited for, in seconds', async () => {
  await using server = await startVendorServer(json(429, {}, { 'retry-after': '1' }), success({}));
  await clientOf(server).keepAlive('s');
  expect(server.seen[1]!.at - server.seen[0]!.at).toBeGreaterThan(950);
});

test.each([
  ['silent', hang],
  ['that never finishes its answer', drip],
])('a vendor %s costs the timeout and no more', async (_name, answer) => {
  await using server = await startVendorServer(answer);
  const startedAt = performance.now();
  const error = await failure(clientOf(server, { timeout: 150, maxRetries: 0 }).keepAlive('s'));
  expect(error).toMatchObject({ code: 'timeout', uncertain: true });
  expect(performance.now() - startedAt).toBeLessThan(1_500);
});

test('a slow answer within the timeout is an answer', async () => {
  await using server = await startVendorServer((response, request) => setTimeout(ok, 200, response, request));
  expect(
    await clientOf(server).task('s', { text: 'Hello', taskType: 'repeat', timeout: 5_000 }),
  ).toMatchObject({ taskId: 't' });
});

test('an abort ends a call under way at once and leaves the server free', async () => {
  await using server = await startVendorServer(hang);
  const cancel = new AbortController();
  const call = failure(
    clientOf(server).task('s', { text: 'Hello', taskType: 'repeat', signal: cancel.signal }),
  );
  await server.received(1);
  cancel.abort();
  const error = await call;
  expect(error).toBeInstanceOf(CancelledError);
  expect(error.uncertain).toBe(true);
});

test('an abort ends the wait before a retry', async () => {
  await using server = await startVendorServer(json(503, {}, { 'retry-after': '30' }));
  const cancel = new AbortController();
  const call = failure(clientOf(server).keepAlive('s', { signal: cancel.signal }));
  await server.received(1);
  setTimeout(() => cancel.abort(), 50);
  expect(await call).toBeInstanceOf(CancelledError);
  expect(server.seen).toHaveLength(1);
});

test('a call with an aborted signal sends nothing', async () => {
  await using server = await startVendorServer(ok);
  const error = await failure(clientOf(server).list({ signal: AbortSignal.abort() }));
  expect(error).toBeInstanceOf(CancelledError);
  expect(error.uncertain).toBe(false);
  expect(server.seen).toHaveLength(0);
});

test('an answer without what it must hold is a terminal error that says what is missing', async () => {
  await using server = await startVendorServer(
    success({ session_id: 's', url: 'u' }),
    json(200, [1]),
    json(200, null),
    json(200, { code: 100 }),
  );
  const client = clientOf(server);
  const error = await failure(client.newSession());
  expect(error).toBeInstanceOf(TerminalError);
  expect(error).toMatchObject({
    code: 'bad-response',
    uncertain: true,
    message: expect.stringContaining('access_token'),
  });
  for (let i = 0; i < 3; i++)
    expect(await failure(client.newSession())).toMatchObject({ code: 'bad-response' });
});

test('a redirect is not followed: it would turn a POST into a GET', async () => {
  await using server = await startVendorServer((response) =>
    response.writeHead(301, { location: '/elsewhere' }).end(),
  );
  expect(await failure(clientOf(server).task('s', { text: 'a', taskType: 'repeat' }))).toMatchObject({
    code: 'bad-response',
    status: 301,
  });
  expect(server.seen).toHaveLength(1);
});

test('neither errors nor logs repeat the key, the token or the text, even when the vendor does', async () => {
  const said = 'my social security number is 123';
  await using server = await startVendorServer(
    json(400, { code: 1, message: `bad ${apiKey} tok-en-123 (${said})` }),
  );
  const logged: unknown[] = [];
  const log = (details: object, message: string) => logged.push(details, message);
  const client = clientOf(server, { logger: { debug: log, info: log, warn: log, error: log } });
  const error = await failure(client.task('s', { text: said, taskType: 'talk', token: 'tok-en-123' }));
  expect(error).toMatchObject({ code: 'bad-request', vendorCode: 1 });
  await failure(client.list({ token: 'tok-en-123' }));
  const everything = inspect([error, logged, JSON.stringify(error)], { depth: 9 });
  for (const secret of [apiKey, 'tok-en-123', said]) expect(everything).not.toContain(secret);
  expect(logged.length).toBeGreaterThan(0);
});

test('a fetch of your own is used as it is', async () => {
  const urls: string[] = [];
  const client = new HeyGenClient({
    apiKey,
    fetch: (url, init) => {
      urls.push(`${init.method} ${url}`);
      return Promise.resolve(Response.json({ code: 100, data: { token: 'x' } }));
    },
  });
  await client.createToken();
  expect(urls).toEqual(['POST https://api.heygen.com/v1/streaming.create_token']);
  expect(
    await new HeyGenClient({ apiKey, fetch: globalThis.fetch, baseUrl: 'http://127.0.0.1:1', maxRetries: 0 })
      .list()
      .catch((e) => e.code),
  ).toBe('network');
});
