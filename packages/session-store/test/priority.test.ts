import { type SessionId, type SessionPriority, SessionRequest } from '@avatar-bridge/contracts';
import { expect, test } from 'vitest';
import type { Lease, SessionStore } from '../src/index.ts';
import { aborted, eventually, leases, openStore } from './support.ts';

async function create(store: SessionStore, priority?: SessionPriority): Promise<SessionId> {
  const request = SessionRequest.parse(priority ? { priority } : {});
  return (await store.createSession(request)).session.id;
}

type Run = (lease: Lease, signal: AbortSignal, store: SessionStore) => Promise<'released' | 'ended'>;

/**
 * A session of low priority that is held, and one of high priority that waits behind it for the only slot.
 */
async function lowBeforeHigh(run: Run) {
  const store = await openStore();
  await store.setSlots(1);
  const low = await create(store, 'low');
  const log: SessionId[] = [];
  const worker = (name: string) =>
    leases(store, {
      worker: name,
      capacity: 5,
      run: (lease, signal) => {
        log.push(lease.sessionId);
        return run(lease, signal, store);
      },
    });
  const first = worker('first');
  await eventually(() => log.length === 1);
  const high = await create(store, 'high');
  return { store, low, high, log, first, worker };
}

test('slots go by priority, and to those of equal priority in order', async () => {
  const store = await openStore();
  const ids = {
    low: await create(store, 'low'),
    usual: [await create(store), await create(store, 'normal')],
    high: await create(store, 'high'),
  };
  const order = [ids.high, ...ids.usual, ids.low];
  const shown = await Promise.all(order.map((id) => store.getSession(id)));
  expect(shown.map(({ position }) => position)).toEqual([0, 1, 2, 3]);
  expect(shown.map(({ priority }) => priority)).toEqual(['high', 'normal', 'normal', 'low']);
  const listed = (await store.listSessions({ state: 'queued' })).sessions;
  expect(listed.map(({ id, position }) => [id, position])).toEqual(
    [ids.high, ...ids.usual.toReversed(), ids.low].map((id) => [id, order.indexOf(id)]),
  );
  await store.setSlots(1);
  const started: SessionId[] = [];
  leases(store, {
    worker: 'w',
    capacity: 5,
    run: async ({ sessionId }) => {
      started.push(sessionId);
      return 'ended';
    },
  });
  await eventually(() => started.length === 4);
  expect(started).toEqual(order);
});

test('a session that is handed over goes before those that have not begun, whatever its priority', async () => {
  const { store, low, high, log, first, worker } = await lowBeforeHigh(async (_, signal) => {
    await aborted(signal);
    return 'released';
  });
  await first.close();
  expect(await store.getSession(high)).toMatchObject({ position: 1 });
  worker('second');
  await eventually(() => log.length === 2);
  expect(log).toEqual([low, low]);
});

test('a session that may not begin yet lets others pass, and goes before them once it may', async () => {
  const store = await openStore();
  await store.setSlots(1);
  const [first, second, third] = [await create(store), await create(store), await create(store)];
  const log: SessionId[] = [];
  let mayBegin = false;
  leases(store, {
    worker: 'w',
    capacity: 5,
    mayBegin: async (id) => id !== first || mayBegin,
    run: async ({ sessionId, epoch }, signal) => {
      log.push(sessionId);
      if (sessionId !== second) return 'ended';
      await store.claim(sessionId, { epoch, worker: 'w' });
      await eventually(() => mayBegin || signal.aborted);
      return 'ended';
    },
  });
  await eventually(() => log.length === 1);
  expect(await store.getSession(first)).toMatchObject({ state: 'queued', epoch: 0, position: 0 });
  // Longer than it is set aside: it waits in front of the third one.
  await eventually(async () => (await store.queue.getWaitingCount()) === 1);
  expect(await store.getSession(third)).toMatchObject({ position: 1 });
  mayBegin = true;
  await eventually(() => log.length === 3);
  expect(log).toEqual([second, first, third]);
});

test('a session on which a run crashed goes before them, too', async () => {
  const { low, high, log } = await lowBeforeHigh(async ({ epoch }) => {
    if (epoch > 1) return 'ended';
    throw new Error('a bug');
  });
  await eventually(() => log.length === 3);
  expect(log).toEqual([low, low, high]);
});

test('so does one whose worker or job is gone', async () => {
  const { store, low, high, log, first, worker } = await lowBeforeHigh(
    async ({ sessionId, epoch }, signal, on) => {
      await on.claim(sessionId, { epoch, worker: 'w' });
      await aborted(signal);
      return 'released';
    },
  );
  await first.close();
  await store.queue.remove(low);
  await store.reconcile();
  expect(await store.getSession(high)).toMatchObject({ position: 1 });
  worker('second');
  await eventually(() => log.length === 2);
  expect(log).toEqual([low, low]);
});
