import { setTimeout as delay } from 'node:timers/promises';
import { ResetEvent, SessionEvent } from '@avatar-bridge/contracts';
import type { EventId, StreamedEvent } from '@avatar-bridge/contracts';
import { Redis } from 'ioredis';
import { expect, inject, test } from 'vitest';
import type { OwnedSession } from '../src/index.ts';
import { collect, createSession, eventually, openStore, ownedSession, post, take, types } from './support.ts';

const numbered = (n: number) => ({ type: 'vendor.event', source: 'room', name: 'n', payload: n }) as const;
const numbers = (events: readonly StreamedEvent[]) =>
  events.flatMap((event) => (event.type === 'vendor.event' ? (event.payload as number) : []));
const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

test('a write whose answer was lost is sent again and done once, also when the first one arrives last', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  const { id: messageId } = await post(store, owner.id, 'one');
  const { id: commandId } = (await store.interrupt(owner.id)).interrupt;
  const [, handled] = await take(owner.commands(), 2);
  const before = (await store.readEvents(owner.id)).length;
  const writes = [
    (write: OwnedSession) => write.append(numbered(0), numbered(1)),
    (write: OwnedSession) => write.setState({ type: 'session.live', room: owner.record.room }),
    (write: OwnedSession) => write.updateMessage(messageId, { state: 'speaking' }, { type: 'user.started' }),
    (write: OwnedSession) =>
      write.setProviders(
        { provider: 'b', providers: [{ name: 'b' }] },
        { type: 'provider.changed', from: 'a', to: 'b', reason: 'test' },
      ),
    (write: OwnedSession) =>
      write.advance(handled?.entryId ?? '', { type: 'interrupt.done', commandId, tookMs: 1 }),
  ].map((write) => {
    const once = owner.once();
    return () => write(once);
  });
  for (const write of writes) {
    await write();
    await write();
  }
  for (const write of writes) await write();
  expect(types(await store.readEvents(owner.id)).slice(before)).toEqual([
    'vendor.event',
    'vendor.event',
    'session.live',
    'user.started',
    'provider.changed',
    'interrupt.done',
  ]);
  const next = await store.claim(owner.id, { epoch: owner.epoch + 1, worker: 'next' });
  expect(await next.once().append(numbered(2))).toHaveLength(1);
});

test('events are replayed from the beginning, then go on live until the end', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  await owner.append(numbered(0), numbered(1));
  const following = collect(store.events(owner.id));
  await owner.append(numbered(2));
  await owner.end({ outcome: 'stopped', code: 'stopped', message: 'over' });
  const events = await following;
  expect(types(events)).toEqual([
    'session.queued',
    'vendor.event',
    'vendor.event',
    'vendor.event',
    'session.ended',
  ]);
  for (const event of events) expect(SessionEvent.parse(event)).toEqual(event);
  expect(await collect(store.events(owner.id))).toEqual(events);
  expect(await collect(store.events(owner.id, { after: events[2]?.id as string }))).toEqual(events.slice(3));
  expect(await collect(store.events(owner.id, { after: events.at(-1)?.id as string }))).toEqual([]);
  expect(await store.readEvents(owner.id, { after: events[0]?.id as string, limit: 2 })).toEqual(
    events.slice(1, 3),
  );
});

test('who wants only what comes from now on gets nothing older', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  await owner.append(numbered(0));
  const events = store.events(owner.id, { after: '$' })[Symbol.asyncIterator]();
  const next = events.next();
  await delay(100);
  await owner.append(numbered(1));
  expect(numbers([(await next).value as StreamedEvent])).toEqual([1]);
});

test('500 events and readers that come back again and again: nothing missed, nothing doubled', async () => {
  const store = await openStore();
  const gateway = await openStore({ account: store.account });
  const owner = await ownedSession(store);
  const writing = (async () => {
    for (let n = 0; n < 500; n += 5) await owner.append(...upTo(5, n).map(numbered));
    await owner.end({ outcome: 'stopped', code: 'stopped', message: 'over' });
  })();
  const reader = async (patience: number) => {
    const seen: StreamedEvent[] = [];
    while (seen.at(-1)?.type !== 'session.ended') {
      const after: EventId = seen.at(-1)?.id ?? '0';
      seen.push(...(await take(gateway.events(owner.id, { after }), patience)));
    }
    return seen;
  };
  const readers = await Promise.all([1, 3, 7, 20, 1_000].map(reader));
  await writing;
  for (const seen of readers) {
    expect(numbers(seen)).toEqual(upTo(500));
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
  }
});

test('a listener who comes too late for the log starts again from a snapshot', async () => {
  const store = await openStore({ retention: { events: 100 } });
  const owner = await ownedSession(store);
  const [first] = await owner.append(numbered(0));
  for (let n = 1; n < 501; n += 50) await owner.append(...upTo(50, n).map(numbered));
  for (const after of [first as string, '0']) {
    const events = store.events(owner.id, { after })[Symbol.asyncIterator]();
    const reset = (await events.next()).value as ResetEvent;
    expect(ResetEvent.parse(reset)).toMatchObject({
      type: 'reset',
      sessionId: owner.id,
      snapshot: { id: owner.id, epoch: 1 },
    });
    const next = events.next();
    await owner.append(numbered(9_999));
    expect(numbers([(await next).value as StreamedEvent])).toEqual([9_999]);
    await events.return?.();
  }
  const [kept] = await store.readEvents(owner.id);
  expect(types(await take(store.events(owner.id, { after: kept?.id as string }), 1))).toEqual([
    'vendor.event',
  ]);
});

test('a slow listener gets everything, without its events being heaped up for it', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  const events = store.events(owner.id)[Symbol.asyncIterator]();
  const seen: StreamedEvent[] = [(await events.next()).value as StreamedEvent];
  for (let n = 0; n < 3_000; n += 100) await owner.append(...upTo(100, n).map(numbered));
  await owner.end({ outcome: 'stopped', code: 'stopped', message: 'over' });
  for (let next = await events.next(); !next.done; next = await events.next()) seen.push(next.value);
  expect(numbers(seen)).toEqual(upTo(3_000));
});

test('however many listen, Redis sees one subscription per session, and none afterwards', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  const redis = new Redis(inject('redisUrl'));
  try {
    const channels = () => redis.pubsub('CHANNELS', `*{${owner.id}}*`) as Promise<string[]>;
    const stop = new AbortController();
    const listeners = Array.from({ length: 20 }, () =>
      collect(store.events(owner.id, { after: '$', signal: stop.signal })),
    );
    const [channel] = await eventually(async () =>
      (await channels()).length === 1 ? channels() : undefined,
    );
    await eventually(async () => ((await redis.pubsub('NUMSUB', channel as string))[1] as number) === 1);
    await delay(200);
    await owner.append(numbered(1));
    await delay(200);
    stop.abort();
    const seen = await Promise.all(listeners);
    for (const events of seen) expect(numbers(events)).toEqual([1]);
    // Parsed once: all got the very same object.
    expect(new Set(seen.flat()).size).toBe(1);
    await eventually(async () => (await channels()).length === 0);
  } finally {
    redis.disconnect();
  }
});

test('a listener ends without an error when its signal aborts or the store closes', async () => {
  const store = await openStore();
  const id = await createSession(store);
  const stop = new AbortController();
  const one = collect(store.events(id, { signal: stop.signal }));
  const two = collect(store.events(id));
  await post(store, id, 'x');
  await delay(100);
  stop.abort();
  expect(types(await one)).toEqual(['session.queued', 'message.accepted']);
  await store.close();
  expect(types(await two)).toEqual(['session.queued', 'message.accepted']);
  expect(await collect(store.events(id, { signal: AbortSignal.abort() }))).toEqual([]);
});
