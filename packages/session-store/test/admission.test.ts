import { type SessionId, SessionRequest } from '@avatar-bridge/contracts';
import { Redis } from 'ioredis';
import { expect, inject, onTestFinished, test } from 'vitest';
import { QueueFullError } from '../src/index.ts';
import type { SessionStore } from '../src/index.ts';
import { aborted, createSession, eventually, leases, openStore, types } from './support.ts';

const request = SessionRequest.parse({});

/** What only time does otherwise: Redis' own view of when sessions began to wait or to hold a slot. */
function redis(): Redis {
  const client = new Redis(inject('redisUrl'));
  onTestFinished(() => client.disconnect());
  return client;
}

/** Holds every session that it can get, until the test or `end` ends it. */
function holder(store: SessionStore) {
  const ending = new Map<string, AbortController>();
  const worker = leases(store, {
    worker: 'w',
    capacity: 50,
    async run({ sessionId, epoch }, signal) {
      const owner = await store.claim(sessionId, { epoch, worker: 'w' });
      await owner.setState({ type: 'session.starting', epoch, worker: 'w' });
      const end = new AbortController();
      ending.set(sessionId, end);
      await aborted(AbortSignal.any([end.signal, signal]));
      if (signal.aborted) return 'released';
      await owner.end({ outcome: 'stopped', code: 'stopped', message: 'enough' });
      return 'ended';
    },
  });
  return { worker, end: (id: string) => ending.get(id)?.abort(), holds: (id: string) => ending.has(id) };
}

test('exactly as many sessions wait as may, however many come at once', async () => {
  const store = await openStore({ queueLimit: 7 });
  const other = await openStore({ queueLimit: 7, account: store.account });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 40 }, (_, i) => (i % 2 ? store : other).createSession(request)),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(7);
  const refusals = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(refusals.every(({ reason }) => reason instanceof QueueFullError)).toBe(true);
  expect((await store.listSessions()).sessions).toHaveLength(7);
  expect(await store.queue.getPrioritizedCount()).toBe(7);
});

test('sessions for which a slot is free do not count', async () => {
  const store = await openStore({ queueLimit: 0 });
  await expect(createSession(store)).rejects.toThrow('No slot is free, and no session may wait for one');
  await store.setSlots(2);
  const ids = [await createSession(store), await createSession(store)];
  await expect(createSession(store)).rejects.toThrow(QueueFullError);
  const { end, holds } = holder(store);
  await eventually(() => ids.every(holds));
  await expect(createSession(store)).rejects.toThrow(QueueFullError);
  end(ids[0] as string);
  await eventually(() => createSession(store).catch(() => undefined));
});

test('a session that was let in is not refused when it is asked for again, and a refused one may come later', async () => {
  const store = await openStore({ queueLimit: 1 });
  const { session } = await store.createSession(request, { idempotencyKey: 'first' });
  await expect(store.createSession(request, { idempotencyKey: 'second' })).rejects.toThrow(QueueFullError);
  expect(await store.createSession(request, { idempotencyKey: 'first' })).toMatchObject({
    session: { id: session.id },
    replayed: true,
  });
  await store.stopSession(session.id, 'enough');
  const second = await store.createSession(request, { idempotencyKey: 'second' });
  expect(second).toMatchObject({ replayed: false });
  expect(await store.createSession(request, { idempotencyKey: 'first' })).toMatchObject({
    session: { id: session.id, state: 'ended' },
    replayed: true,
  });
});

test('who is refused, and who waits, is told how long it takes, going by how long others held a slot', async () => {
  const store = await openStore({ queueLimit: 2 });
  await store.setSlots(1);
  const { end, holds } = holder(store);
  const id = await createSession(store);
  await eventually(() => holds(id));
  const waiting = await createSession(store);
  expect(await store.getSession(waiting)).not.toHaveProperty('estimatedWaitSeconds');
  await redis().hset(`ab:{${store.account}}:slot-holders`, id, Date.now() - 40_000);
  end(id);
  await eventually(() => holds(waiting));
  const [next, last] = [await createSession(store), await createSession(store)];
  const seconds = (n: number) => expect.closeTo(n, -0.7);
  expect((await store.getSession(next)).estimatedWaitSeconds).toEqual(seconds(40));
  expect((await store.getSession(last)).estimatedWaitSeconds).toEqual(seconds(80));
  const listed = (await store.listSessions({ state: 'queued' })).sessions;
  expect(listed.map(({ estimatedWaitSeconds }) => estimatedWaitSeconds)).toEqual([seconds(80), seconds(40)]);
  const refused = await createSession(store).catch((error: unknown) => error as QueueFullError);
  expect(refused).toMatchObject({ code: 'no-slot', estimatedWaitSeconds: seconds(120) });
});

test('a session is told its position when it comes, and as it moves on', async () => {
  const store = await openStore();
  const ids: SessionId[] = [];
  for (let i = 0; i < 11; i++) ids.push(await createSession(store));
  const first = await store.createSession(SessionRequest.parse({ priority: 'high' }));
  const told = async (id: SessionId) =>
    (await store.readEvents(id)).flatMap((event) => ('position' in event ? [event.position] : []));
  await store.reconcile();
  await store.reconcile();
  expect(await told(first.session.id)).toEqual([0]);
  // One that came later goes before them: those near their turn are told.
  expect(await told(ids[0] as SessionId)).toEqual([0, 1]);
  expect(await told(ids[2] as SessionId)).toEqual([2, 3]);
  expect(await told(ids[10] as SessionId)).toEqual([10]);

  await store.setSlots(1);
  const run = async () => 'ended' as const;
  leases(store, { worker: 'w', capacity: 1, run });
  await eventually(async () => (await store.queue.getPrioritizedCount()) === 0);
  const moves = await told(ids[10] as SessionId);
  expect(moves).toEqual([...new Set(moves)].toSorted((a, b) => b - a));
});

test('as slots are taken, those that wait hear of it at once', async () => {
  const store = await openStore();
  await store.setSlots(1);
  const { end, holds } = holder(store);
  const held = await createSession(store);
  await eventually(() => holds(held));
  const [second, third] = [await createSession(store), await createSession(store)];
  end(held);
  await eventually(() => holds(second));
  const positions = () =>
    store.readEvents(third).then((events) => events.filter(({ type }) => type === 'session.position'));
  await eventually(async () => (await positions()).length > 0);
  expect(await positions()).toEqual([
    expect.objectContaining({ position: 0, estimatedWaitSeconds: expect.any(Number) }),
  ]);
});

test('a session that gets no slot in time ends, and nobody begins with it', async () => {
  const store = await openStore({ queueLimit: 1 });
  const id = await createSession(store);
  await redis().zadd(`ab:{${store.account}}:waiting`, Date.now() - 1, id);
  expect((await store.reconcile()).expired).toEqual([id]);
  expect(await store.getSession(id)).toMatchObject({
    state: 'ended',
    end: { outcome: 'failed', code: 'no-slot', message: expect.stringContaining('Try again later') },
  });
  expect(types(await store.readEvents(id))).toEqual(['session.queued', 'session.ended']);
  expect(await store.queue.getJobState(id)).toBe('unknown');
  expect((await store.reconcile()).expired).toEqual([]);
  // Its place is free again.
  await createSession(store);
});

test('how long it waits is the session’s own choice', async () => {
  const store = await openStore();
  const limits = { queuedSeconds: 30 };
  const { session } = await store.createSession(SessionRequest.parse({ limits }));
  expect(session.limits.queuedSeconds).toBe(30);
  const deadline = await redis().zscore(`ab:{${store.account}}:waiting`, session.id);
  expect(Number(deadline) - session.createdAt).toEqual(expect.closeTo(30_000, -3));
});

test('a worker that comes too late does not begin', async () => {
  const store = await openStore();
  const [late, fine] = [await createSession(store), await createSession(store)];
  await redis().zadd(`ab:{${store.account}}:waiting`, Date.now() - 1, late);
  const { holds } = holder(store);
  await eventually(() => holds(fine));
  expect(holds(late)).toBe(false);
  expect(await store.getSession(late)).toMatchObject({ state: 'ended', epoch: 0, end: { code: 'no-slot' } });
});

test('a session that has begun does not expire, also while it waits for its next owner', async () => {
  const store = await openStore();
  const id = await createSession(store);
  const { worker, holds } = holder(store);
  await eventually(() => holds(id));
  await worker.close();
  await redis().zadd(`ab:{${store.account}}:waiting`, Date.now() - 1, id);
  expect((await store.reconcile()).expired).toEqual([]);
  expect(await store.getSession(id)).not.toHaveProperty('end');
});

test('what a crash left of a session takes neither a place nor a slot', async () => {
  const store = await openStore({ queueLimit: 1 });
  await store.setSlots(1);
  const gone = `ses_${'0'.repeat(32)}`;
  await redis().zadd(`ab:{${store.account}}:waiting`, Date.now() + 60_000, gone);
  await redis().hset(`ab:{${store.account}}:slot-holders`, gone, 1);
  await expect(createSession(store)).rejects.toThrow(QueueFullError);
  await store.reconcile();
  await createSession(store);
  await createSession(store);
});
