import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { openSessionStore, type OwnedSession, type SessionStore } from '@avatar-bridge/session-store';
import type { StreamedEvent } from '@avatar-bridge/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEvents } from './support/event-source.ts';
import { callerOf, testEnvironment } from './support/gateway.ts';
import { freePort, gatewayProcess, killHard } from './support/gateway-process.ts';
import { openSocket } from './support/web-socket.ts';

const count = 500;
let env: Record<string, string>;
let store: SessionStore;
beforeAll(async () => {
  env = testEnvironment({ PORT: String(await freePort()), BRIDGE_LOG_LEVEL: 'silent' });
  store = await openSessionStore({ redisUrl: env.REDIS_URL ?? '', account: env.BRIDGE_ACCOUNT });
});
afterAll(() => store.close());

/** Reads over one connection, behind the last event seen, until the connection ends, however it does. */
type Listen = (
  url: string,
  sessionId: string,
  after: string,
  seen: (event: StreamedEvent) => void,
) => Promise<void>;

const overSse: Listen = async (url, sessionId, after, seen) => {
  const { response, events } = await openEvents(url, sessionId, after === '0' ? {} : { lastEventId: after });
  if (response.status === 204) return;
  for await (const { data } of events) seen(data);
};

const overWebSocket: Listen = async (url, sessionId, after, seen) => {
  const { socket, events, closed } = await openSocket(url, sessionId, { after });
  events.forEach(seen);
  events.push = (...more) => {
    more.forEach(seen);
    return 0;
  };
  socket.on('error', () => {});
  await closed;
};

test.each([
  ['SSE', overSse],
  ['a WebSocket', overWebSocket],
])(
  'over %s, a reader who comes back after his gateway was killed misses nothing and gets nothing twice',
  async (_name, listen) => {
    let gateway = await gatewayProcess(env);
    try {
      const { url } = gateway;
      const { body } = await callerOf(url)('POST', '/v1/sessions', { body: {} });
      const { id } = body as { id: string };
      const received: StreamedEvent[] = [];
      const reading = readAll(url, id, listen, received);
      const owned = await store.claim(id, { epoch: 1, worker: 'test' });
      const killedAt: number[] = [];
      let written = 0;
      // A gateway takes its time to start, so what comes after the kill waits for the next one.
      for (const { kill, until } of [
        { kill: count * 0.25, until: count * 0.5 },
        { kill: count * 0.6, until: count * 0.8 },
      ]) {
        const writing = write(owned, written, until);
        while (received.length < kill) await delay(5);
        await killHard(gateway);
        killedAt.push(received.length);
        await writing;
        written = until;
        gateway = await gatewayProcess(env);
      }
      await write(owned, written, count);
      await owned.end({ outcome: 'stopped', code: 'test', message: 'over' });
      await reading;

      const names = received.flatMap((event) => (event.type === 'vendor.event' ? [Number(event.name)] : []));
      expect(names).toEqual(Array.from({ length: count }, (_, i) => i));
      expect(received.map(({ id: eventId }) => eventId)).toEqual(
        (await store.readEvents(id)).map(({ id: eventId }) => eventId),
      );
      // The kills came in the middle, or this has tested nothing.
      for (const at of killedAt) expect(at).toBeLessThan(count);
    } finally {
      await gateway.stop();
    }
  },
  60_000,
);

async function readAll(
  url: string,
  sessionId: string,
  listen: Listen,
  received: StreamedEvent[],
): Promise<void> {
  while (received.at(-1)?.type !== 'session.ended') {
    // While no gateway is there, connecting fails.
    await listen(url, sessionId, received.at(-1)?.id ?? '0', (event) => received.push(event)).catch(() =>
      delay(20),
    );
  }
}

async function write(owned: OwnedSession, from: number, until: number): Promise<void> {
  for (let i = from; i < until; i++) {
    await owned.append({ type: 'vendor.event', source: 'room', name: String(i), payload: { i } });
    await delay(4);
  }
}

test('on SIGTERM listeners are sent away in order, requests are finished, and the process ends by itself', async () => {
  const gateway = await gatewayProcess(env);
  const call = callerOf(gateway.url);
  const { id } = (await call('POST', '/v1/sessions', { body: {} })).body as { id: string };
  const stream = await openEvents(gateway.url, id);
  const socket = await openSocket(gateway.url, id);
  const drained = (async () => {
    for await (const event of stream.events) expect(event.event).toBe('session.queued');
  })();
  await socket.until(() => socket.events.length === 1);
  const began = Date.now();
  gateway.process.child.kill('SIGTERM');
  expect(await socket.closed).toEqual({
    code: 1001,
    reason: 'going away: come back with ?after= the last id',
  });
  await drained;
  expect(stream.comments.at(-1)).toBe(': goingAway');
  expect(await gateway.process.exited).toEqual({ code: 0, signal: null });
  expect(Date.now() - began).toBeLessThan(8_000);
});

test('a listener that does not go is cut off at the deadline', async () => {
  const gateway = await gatewayProcess(env);
  const { id } = (await callerOf(gateway.url)('POST', '/v1/sessions', { body: {} })).body as { id: string };
  const deaf = await openSocket(gateway.url, id);
  // Reads nothing any more, so it never sees that it should go.
  deaf.socket.pause();
  gateway.process.child.kill('SIGTERM');
  expect(await gateway.process.exited).toEqual({ code: 0, signal: null });
  deaf.socket.resume();
  await once(deaf.socket, 'close');
}, 30_000);
