import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { freePort } from '../../../scripts/servers/free-port.ts';
import { startProcess, untilReady, type ServerProcess } from '../../../scripts/servers/server-process.ts';
import { openEvents, take } from './support/event-source.ts';
import { testGateway, type Answer, type TestGateway } from './support/gateway.ts';
import { openSocket } from './support/web-socket.ts';

let directory: string;
let port: number;
let redis: ServerProcess;
let gateway: TestGateway;

/** Keeps everything it says it has, so that it comes back with it. */
async function redisOn(wanted: number): Promise<ServerProcess> {
  const dir = join(directory, String(wanted));
  await mkdir(dir, { recursive: true });
  const args = [
    '--port',
    String(wanted),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'yes',
    '--appendfsync',
    'always',
    '--dir',
    dir,
  ];
  const server = startProcess({ name: 'redis-server', file: inject('programs').redisServer, args });
  await untilReady(server, async () => server.output().includes('Ready to accept connections'));
  return server;
}
const start = async (): Promise<void> => {
  redis = await redisOn(port);
};
/** Not stopped in order, but gone. */
const kill = async (): Promise<void> => {
  redis.child.kill('SIGKILL');
  await redis.exited;
};
const recovered = () =>
  expect.poll(async () => (await gateway.call('GET', '/readyz')).status, { timeout: 10_000 }).toBe(200);
async function timed(ask: () => Promise<Answer>): Promise<Answer & { took: number }> {
  const began = performance.now();
  return { ...(await ask()), took: performance.now() - began };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gateway-redis-'));
  port = await freePort();
  await start();
  gateway = await testGateway({ REDIS_URL: `redis://127.0.0.1:${port}` });
});
afterAll(async () => {
  await gateway.close();
  await redis.stop();
  await rm(directory, { recursive: true });
});

test('without Redis every route answers 503 at once, says when to come back, and works again by itself', async () => {
  const session = `/v1/sessions/${(await gateway.createSession()).id}`;
  await kill();
  const asked: [string, string, object?][] = [
    ['POST', '/v1/sessions', {}],
    ['GET', '/v1/sessions'],
    ['GET', session],
    ['DELETE', session],
    ['POST', `${session}/messages`, { text: 'Hello.' }],
    ['GET', `${session}/messages`],
    ['GET', `${session}/messages/msg_01890000000070008000000000000000`],
    ['POST', `${session}/interrupt`],
    ['POST', `${session}/viewers`, {}],
    ['GET', `${session}/events`],
  ];
  for (const [method, path, body] of asked) {
    const answer = await timed(() => gateway.call(method, path, { body }));
    expect(answer).toBeProblem(503, 'store-unavailable');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    // Milliseconds; the rest is for a busy machine.
    expect(answer.took, `${method} ${path}`).toBeLessThan(500);
    expect(answer.text).not.toMatch(/ECONNREFUSED|127\.0\.0\.1|at .*\.ts/);
  }
  const ready = await timed(() => gateway.call('GET', '/readyz', { key: null }));
  expect(ready).toBeProblem(503, 'not-ready');
  expect(ready.body).toMatchObject({ errors: [{ field: 'redis', rule: expect.any(String) }] });
  expect(ready.took).toBeLessThan(1_000);
  expect((await gateway.call('GET', '/healthz', { key: null })).status).toBe(200);
  expect((await gateway.call('GET', '/metrics', { key: null })).text).toContain(
    'bridge_gateway_messages_rejected_total{reason="store-unavailable"} 1',
  );

  await start();
  await recovered();
  expect((await gateway.call('GET', session)).body).toMatchObject({ state: 'queued', pending: 0 });
  expect((await gateway.call('POST', `${session}/messages`, { body: { text: 'Hello again.' } })).status).toBe(
    202,
  );
});

test('listeners stay connected through an outage, and get what comes after it', async () => {
  await recovered();
  const { id } = await gateway.createSession();
  const socket = await openSocket(gateway.url, id);
  const stream = await openEvents(gateway.url, id);
  await Promise.all([socket.until(() => socket.events.length === 1), take(stream.events, 1)]);

  await kill();
  socket.send({ type: 'message', id: 'a', message: { text: 'Into the void.' } });
  expect(await socket.answer('a')).toMatchObject({ type: 'error', problem: { status: 503 } });
  await start();
  await recovered();

  await gateway.post(id, 'Heard after all.');
  await socket.until(() => socket.events.length === 2);
  for (const event of [socket.events[1], (await take(stream.events, 1))[0]?.data]) {
    expect(event).toMatchObject({ type: 'message.accepted', text: 'Heard after all.', seq: 1 });
  }
  socket.socket.close();
  stream.abort();
}, 30_000);

test('a gateway starts without Redis, is not ready, and becomes ready when it comes', async () => {
  const later = await freePort();
  await using early = await testGateway({ REDIS_URL: `redis://127.0.0.1:${later}` });
  expect(await early.call('GET', '/readyz', { key: null })).toBeProblem(503, 'not-ready');
  const own = await redisOn(later);
  try {
    await expect
      .poll(async () => (await early.call('GET', '/readyz', { key: null })).status, { timeout: 10_000 })
      .toBe(200);
    await early.createSession();
  } finally {
    await own.stop();
  }
}, 30_000);
