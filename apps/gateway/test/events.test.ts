import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { SessionEvent } from '@avatar-bridge/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Tickets } from '../src/auth/tickets.ts';
import { Secret } from '../src/secret.ts';
import { openEvents, take } from './support/event-source.ts';
import { chatbotKey, testGateway, type TestGateway } from './support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway({}, { heartbeat: 200 });
});
afterAll(() => gateway.close());

test('events are replayed, then come live, each with its id and type, until the session has ended', async () => {
  const { id } = await gateway.createSession();
  await gateway.post(id, 'One.');
  const { response, events, comments } = await openEvents(gateway.url, id);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const replayed = await take(events, 2);
  await gateway.post(id, 'Two.');
  await gateway.call('DELETE', `/v1/sessions/${id}`);
  const live = await take(events, 100);

  const all = [...replayed, ...live];
  expect(all.map(({ event }) => event)).toEqual([
    'session.queued',
    'message.accepted',
    'message.accepted',
    'message.dropped',
    'message.dropped',
    'session.ended',
  ]);
  for (const { id: eventId, event, data } of all)
    expect(SessionEvent.parse(data)).toMatchObject({ id: eventId, type: event, sessionId: id });
  expect(comments[0]).toBe('retry: 1000');
  expect(comments.at(-1)).toBe(': ended');
});

test('a listener goes on behind Last-Event-ID, which goes before `after`', async () => {
  const { id } = await gateway.createSession();
  for (const text of ['One.', 'Two.', 'Three.']) await gateway.post(id, text);
  const first = await openEvents(gateway.url, id);
  const seen = await take(first.events, 4);
  first.abort();
  const texts = async (options: { after?: string; lastEventId?: string }): Promise<unknown[]> => {
    const { events, abort } = await openEvents(gateway.url, id, options);
    const taken = await take(events, 1);
    abort();
    return taken.map(({ data }) => 'text' in data && data.text);
  };
  expect(await texts({ after: seen[1]?.id })).toEqual(['Two.']);
  expect(await texts({ after: '0', lastEventId: seen[2]?.id })).toEqual(['Three.']);
});

test('`after=$` gives new events only', async () => {
  const { id } = await gateway.createSession();
  await gateway.post(id, 'Before.');
  const { events, abort } = await openEvents(gateway.url, id, { after: '$' });
  const first = take(events, 1);
  // Nobody says when the stream has found its place, so something new is said until it is heard.
  const heard = first.then(() => true);
  while (!(await Promise.race([heard, delay(50, false)]))) await gateway.post(id, 'After.');
  expect((await first)[0]?.data).toMatchObject({ type: 'message.accepted', text: 'After.' });
  abort();
});

test('who has all events of an ended session is told not to come back', async () => {
  const { id } = await gateway.createSession();
  await gateway.call('DELETE', `/v1/sessions/${id}`);
  const first = await openEvents(gateway.url, id);
  const events = await take(first.events, 100);
  expect(events.at(-1)?.event).toBe('session.ended');
  const again = await openEvents(gateway.url, id, { lastEventId: events.at(-1)?.id });
  expect(again.response.status).toBe(204);
});

test('a quiet stream is kept open by comments, and HEAD opens none', async () => {
  const { id } = await gateway.createSession();
  const { events, comments, abort } = await openEvents(gateway.url, id);
  await take(events, 1);
  const next = events.next().catch(() => {});
  await expect.poll(() => comments.filter((comment) => comment === ': beat').length).toBeGreaterThan(1);
  abort();
  await next;
  const head = await gateway.call('HEAD', `/v1/sessions/${id}/events`);
  expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
});

test('a stream of a ticket ends when the ticket does', async () => {
  const { id } = await gateway.createSession();
  const ticket = await new Tickets(new Secret(gateway.env.LIVEKIT_API_SECRET ?? '')).issue({
    sessionId: id,
    grants: [],
    expiresAt: Date.now() + 1_500,
  });
  const answer = await gateway.call('GET', `/v1/sessions/${id}/events`, { key: ticket });
  expect(answer.text).toContain(': ticketExpired');
});

test('a slow reader is cut off, and goes on where he was', async () => {
  await using own = await testGateway({ BRIDGE_MAILBOX_LIMIT: '5000' }, { buffer: 64 * 1024, patience: 200 });
  const { id } = await own.createSession();
  const owned = await own.own(id);
  const { hostname, port } = new URL(own.url);
  const asked = request({
    hostname,
    port,
    path: `/v1/sessions/${id}/events`,
    headers: { authorization: `Bearer ${chatbotKey}` },
  }).end();
  const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream];
  response.on('error', () => {});
  const closed = new Promise((resolve) => response.on('close', resolve));
  response.pause();
  const payload = 'x'.repeat(50_000);
  // More than the kernel holds for both sides.
  for (let i = 0; i < 400; i++)
    await owned.append({ type: 'vendor.event', source: 'room', name: `${i}`, payload });
  await expect
    .poll(async () => (await own.call('GET', '/metrics')).text, { timeout: 10_000 })
    .toMatch(/slow_readers_total\{kind="sse"\} 1/);

  let received = '';
  response.on('data', (chunk: Buffer) => (received += chunk.toString()));
  response.resume();
  await closed;
  const complete = received.slice(0, received.lastIndexOf('\n\n'));
  const names = [...complete.matchAll(/"name":"(\d+)"/g)].map(([, name]) => Number(name));
  const lastEventId = [...complete.matchAll(/^id: (.*)$/gm)].at(-1)?.[1];
  await using patient = await testGateway({ BRIDGE_ACCOUNT: own.store.account });
  const rest = await openEvents(patient.url, id, { lastEventId });
  const others = await take(rest.events, 400 - names.length);
  rest.abort();
  expect(names.length).toBeLessThan(400);
  expect([...names, ...others.map(({ data }) => Number('name' in data && data.name))]).toEqual(
    Array.from({ length: 400 }, (_, i) => i),
  );
}, 60_000);
