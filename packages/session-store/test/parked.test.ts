import { SessionRequest } from '@avatar-bridge/contracts';
import { Redis } from 'ioredis';
import { expect, inject, test } from 'vitest';
import type { Lease, OwnedSession, SessionStore } from '../src/index.ts';
import { aborted, createSession, eventually, leases, openStore, post, types } from './support.ts';

const idle = { type: 'session.parked', reason: 'idle' } as const;

/** A worker that parks a session that it has read, the first `times` times; then it holds it. */
function parker(
  store: SessionStore,
  { times = 1, after }: { times?: number; after?: (owned: OwnedSession) => Promise<void> } = {},
) {
  const held: Lease[] = [];
  let parked = 0;
  leases(store, {
    worker: 'w',
    capacity: 5,
    async run(lease, signal) {
      const owned = await store.claim(lease.sessionId, { epoch: lease.epoch, worker: 'w' });
      held.push(lease);
      if (parked === times) {
        await aborted(signal);
        return 'released';
      }
      parked += 1;
      const seen = `${Date.now() - 1}-99`;
      await after?.(owned);
      await owned.park(idle, seen);
      return 'parked';
    },
  });
  return held;
}

const isParked = async (store: SessionStore, id: string) =>
  (await store.getSession(id)).state === 'parked' && (await store.queue.getJobState(id)) === 'delayed';

test('a parked session gives its slot away, and a message brings it back', async () => {
  const store = await openStore();
  await store.setSlots(1);
  const held = parker(store);
  const id = await createSession(store);
  await eventually(() => isParked(store, id));
  expect(types(await store.readEvents(id))).toEqual(['session.queued', 'session.parked']);
  expect(await store.parkedSessions()).toEqual([{ id, room: id }]);
  const other = await createSession(store);
  await eventually(() => held.some(({ sessionId }) => sessionId === other));
  await store.stopSession(other, 'its slot is needed');
  await post(store, id, 'Are you there?');
  await store.setSlots(2);
  await eventually(() => held.filter(({ sessionId }) => sessionId === id).length === 2);
  expect(held.at(-1)).toMatchObject({ sessionId: id, epoch: 2 });
  expect(await store.parkedSessions()).toEqual([]);
});

test('an interrupt and a viewer bring it back, too', async () => {
  const store = await openStore();
  const held = parker(store, { times: 2 });
  const id = await createSession(store);
  await eventually(() => isParked(store, id));
  await store.interrupt(id);
  await eventually(() => held.length === 2);
  await eventually(() => isParked(store, id));
  await store.wakeSession(id);
  await eventually(() => held.length === 3);
  await store.wakeSession(id);
  expect(await store.queue.getJobState(id)).toBe('active');
});

test('a message that comes while it is being parked is not overlooked', async () => {
  const store = await openStore();
  const held = parker(store, { after: async ({ id }) => void (await post(store, id, 'Wait!')) });
  await createSession(store);
  await eventually(() => held.length === 2);
  expect(held.map(({ epoch }) => epoch)).toEqual([1, 2]);
});

test('a wake-up that got lost is made up for', async () => {
  const store = await openStore();
  const held = parker(store);
  const id = await createSession(store);
  await eventually(() => isParked(store, id));
  await using redis = disposable();
  // What is left when a gateway dies between the two.
  await redis.client.hset(`ab:${store.account}:{${id}}:record`, 'wanted', 1);
  expect((await store.reconcile()).woken).toEqual([id]);
  await eventually(() => held.length === 2);
});

test('a parked session that is stopped ends at once, without a worker', async () => {
  const store = await openStore();
  parker(store);
  const id = await createSession(store);
  await eventually(() => isParked(store, id));
  expect(await store.stopSession(id, 'enough')).toMatchObject({ state: 'ended', end: { code: 'stopped' } });
  expect(await store.queue.getJobState(id)).toBe('unknown');
  expect(await store.parkedSessions()).toEqual([]);
});

test('sessions that nobody has end when they have lasted as long as they may', async () => {
  const store = await openStore();
  const held = parker(store);
  const parked = await createSession(store);
  await eventually(() => isParked(store, parked));
  await store.setSlots(1);
  await createSession(store);
  await eventually(() => held.length === 2);
  const limits = { maxDurationSeconds: 3_600 };
  const { session: queued } = await store.createSession(SessionRequest.parse({ limits }));
  const young = await createSession(store);
  await using redis = disposable();
  for (const id of [parked, queued.id]) {
    const { createdAt } = await store.getSession(id);
    // oxlint-disable-next-line no-await-in-loop -- two
    await redis.client.hset(`ab:${store.account}:{${id}}:record`, 'createdAt', createdAt - 86_400_000);
  }
  expect((await store.reconcile()).ended.toSorted()).toEqual([parked, queued.id].toSorted());
  const end = { outcome: 'stopped', code: 'max-duration' };
  expect(await store.getSession(parked)).toMatchObject({ state: 'ended', end });
  expect(await store.getSession(queued.id)).toMatchObject({
    state: 'ended',
    end: { ...end, message: 'It was open for 3600 s, as long as its limits allow' },
  });
  expect((await store.getSession(young)).state).toBe('queued');
});

function disposable() {
  const client = new Redis(inject('redisUrl'));
  return { client, [Symbol.asyncDispose]: async () => client.disconnect() };
}
