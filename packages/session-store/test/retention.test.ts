import { SessionRequest } from '@avatar-bridge/contracts';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, inject, onTestFinished, test } from 'vitest';
import { UnknownSessionError } from '../src/index.ts';
import { aborted, createSession, eventually, leases, openStore, ownedSession, post } from './support.ts';

function admin(): Redis {
  const redis = new Redis(inject('redisUrl'));
  onTestFinished(() => redis.disconnect());
  return redis;
}

const keysOf = async (redis: Redis, account: string) => (await redis.keys(`ab:*${account}*`)).toSorted();

test('after 50 sessions Redis holds their records until the retention ends, then only what is fixed', async () => {
  const redis = admin();
  const store = await openStore({ retention: { endedSession: 1_500, idempotency: 1_500 } });
  leases(store, {
    worker: 'w',
    capacity: 100,
    async run({ sessionId, epoch }, signal) {
      const owner = await store.claim(sessionId, { epoch, worker: 'w' });
      for await (const command of owner.commands({ signal })) {
        if (command.type === 'message' && command.seq % 2)
          await owner.updateMessage(command.id, { state: 'spoken' });
        if (command.type !== 'stop') continue;
        await owner.end({ outcome: 'stopped', code: 'stopped', message: command.reason });
        return 'ended';
      }
      return 'released';
    },
  });
  const one = async (i: number) => {
    const { session } = await store.createSession(SessionRequest.parse({}), { idempotencyKey: `key ${i}` });
    for (const text of ['a', 'b', 'c'])
      await store.postMessage(session.id, { text, mode: 'repeat' }, { idempotencyKey: text });
    await store.interrupt(session.id);
    await store.stopSession(session.id, 'enough');
    await eventually(async () => (await store.getSession(session.id)).state === 'ended');
    return session.id;
  };
  const ids = await Promise.all(Array.from({ length: 50 }, (_, i) => one(i)));
  const kept = await redis.keys(`ab:${store.account}:{${ids[0]}}:*`);
  const lasting = await Promise.all(kept.map((key) => redis.pttl(key)));
  expect(lasting.every((ttl) => ttl > 0)).toBe(true);
  await eventually(async () => (await redis.keys(`ab:*{ses_*`)).every((key) => !key.includes(store.account)));
  await expect(store.getSession(ids[0] as string)).rejects.toThrow(UnknownSessionError);
  const queue = `ab:{${store.account}}:sessions-${store.account}`;
  const fixed = ['events', 'id', 'pc', 'meta', 'stalled-check', 'marker'].map((name) => `${queue}:${name}`);
  // The index is trimmed by `reconcile` once its entries are a minute old.
  fixed.push(...['sessions', 'ready', 'average-held-ms'].map((name) => `ab:{${store.account}}:${name}`));
  await eventually(async () => (await keysOf(redis, store.account)).every((key) => fixed.includes(key)));
}, 60_000);

test('a session that goes on has no expiry', async () => {
  const redis = admin();
  const store = await openStore({ retention: { endedSession: 1_000 } });
  const owner = await ownedSession(store);
  await owner.updateMessage((await post(store, owner.id, 'x')).id, { state: 'spoken' });
  const keys = await redis.keys(`ab:${store.account}:{${owner.id}}:*`);
  expect(keys.length).toBeGreaterThan(3);
  const lasting = await Promise.all(keys.map((key) => redis.pttl(key)));
  expect(new Set(lasting)).toEqual(new Set([-1]));
});

test('the mailbox holds no more than what is unfinished, more or less', async () => {
  const redis = admin();
  const store = await openStore();
  const owner = await ownedSession(store);
  for (let i = 0; i < 400; i++)
    await owner.updateMessage((await post(store, owner.id, 'x')).id, { state: 'spoken' });
  expect(await redis.xlen(`ab:${store.account}:{${owner.id}}:mailbox`)).toBeLessThan(250);
});

test('the index forgets sessions whose records are gone', async () => {
  const redis = admin();
  const store = await openStore();
  const id = await createSession(store);
  const old = `ses_${'0'.repeat(32)}`;
  await redis.zadd(`ab:{${store.account}}:sessions`, 0, old);
  await redis.zadd(`ab:{${store.account}}:open`, 0, old);
  expect(await store.reconcile()).toEqual({ requeued: [], ended: [], expired: [], woken: [], trimmed: 1 });
  expect(await redis.zrange(`ab:{${store.account}}:sessions`, 0, '-1')).toEqual([id]);
});

test('a session whose lease job is lost gets it back, with epochs that go on', async () => {
  const store = await openStore();
  const id = await createSession(store);
  await store.claim(id, { epoch: 4, worker: 'gone' });
  await store.queue.remove(id);
  const fine = await createSession(store);
  expect(await store.reconcile()).toEqual({ requeued: [id], ended: [], expired: [], woken: [], trimmed: 0 });
  expect(await store.reconcile()).toEqual({ requeued: [], ended: [], expired: [], woken: [], trimmed: 0 });
  const epochs = new Map<string, number>();
  leases(store, {
    worker: 'w',
    capacity: 5,
    async run({ sessionId, epoch }, signal) {
      await store.claim(sessionId, { epoch, worker: 'w' });
      epochs.set(sessionId, epoch);
      await aborted(signal);
      return 'released';
    },
  });
  await eventually(() => epochs.size === 2);
  expect(Object.fromEntries(epochs)).toEqual({ [id]: 5, [fine]: 1 });
});

test('a session whose lease job failed for good gets another', async () => {
  const store = await openStore();
  const id = await createSession(store);
  await store.queue.remove(id);
  await store.queue.add('session', { base: 0 }, { jobId: id, attempts: 1 });
  const connection = new Redis(inject('redisUrl'), { protocol: 2, maxRetriesPerRequest: null });
  const prefix = store.queue.qualifiedName.slice(0, -store.queue.name.length - 1);
  const broken = new Worker(store.queue.name, () => Promise.reject(new Error('a bug')), {
    connection,
    prefix,
  });
  onTestFinished(async () => {
    await broken.close();
    connection.disconnect();
  });
  await eventually(async () => (await store.queue.getJobState(id)) === 'failed');
  await broken.close();
  expect((await store.reconcile()).requeued).toEqual([id]);
  expect(await store.queue.getJobState(id)).toBe('prioritized');
});

test('a stopped session whose job is gone and that nobody claimed is ended', async () => {
  const store = await openStore();
  const id = await createSession(store);
  const hold = leases(store, {
    worker: 'w',
    capacity: 1,
    run: (_, signal) => aborted(signal).then(() => 'released' as const),
  });
  await eventually(() => hold.active.size === 1);
  await store.stopSession(id, 'enough');
  await hold.close();
  await store.queue.remove(id);
  expect((await store.reconcile()).ended).toEqual([id]);
  expect(await store.getSession(id)).toMatchObject({ state: 'ended', end: { message: 'enough' } });
});
