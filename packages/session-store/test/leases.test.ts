import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { expect, inject, onTestFinished, test } from 'vitest';
import { CancelledError, FencedError, SessionEndedError } from '../src/index.ts';
import type { Lease } from '../src/index.ts';
import {
  aborted,
  createSession,
  eventually,
  freshAccount,
  leases,
  openStore,
  post,
  quickLeases,
  take,
} from './support.ts';

const stopped = { outcome: 'stopped', code: 'stopped', message: 'over' } as const;

test('a session is leased once, with an epoch to claim it', async () => {
  const store = await openStore();
  const held: Lease[] = [];
  const run = async (lease: Lease, signal: AbortSignal) => {
    held.push(lease);
    await store.claim(lease.sessionId, { epoch: lease.epoch, worker: 'w' });
    await aborted(signal);
    return 'released' as const;
  };
  const workers = ['a', 'b'].map((worker) => leases(store, { worker, capacity: 5, run }));
  const ids = await Promise.all([1, 2, 3].map(() => createSession(store)));
  await eventually(() => held.length === 3);
  expect(held.map(({ sessionId }) => sessionId).toSorted()).toEqual(ids.toSorted());
  for (const lease of held) {
    expect(lease.epoch).toBe(1);
    expect(lease.remaining()).toBeGreaterThan(0);
    expect(lease.remaining()).toBeLessThanOrEqual(quickLeases.lockDuration);
  }
  expect(workers.flatMap((worker) => [...worker.active]).toSorted()).toEqual(ids.toSorted());
  for (const worker of workers) expect(worker.health()).toMatchObject({ ok: true });
});

test('a lease outlasts its lock: it is renewed', async () => {
  const store = await openStore();
  const fenced: unknown[] = [];
  const started: Lease[] = [];
  leases(store, {
    worker: 'w',
    capacity: 1,
    lockDuration: 1_500,
    async run(lease, signal) {
      started.push(lease);
      lease.fenced.addEventListener('abort', () => fenced.push(lease.fenced.reason));
      await aborted(signal);
      return 'released';
    },
  });
  await createSession(store);
  const first = await eventually(() => started[0]);
  const begun = performance.now();
  await eventually(() => performance.now() - begun > 3_500 && first.remaining() > 0);
  expect(fenced).toEqual([]);
  expect(started).toHaveLength(1);
});

test('a session whose worker is gone ends at once when it is stopped', async () => {
  const store = await openStore();
  const held: Lease[] = [];
  const worker = store.leases({
    ...quickLeases,
    worker: 'w',
    capacity: 1,
    async run(lease, signal) {
      held.push(lease);
      await store.claim(lease.sessionId, { epoch: lease.epoch, worker: 'w' });
      await aborted(signal);
      return 'released';
    },
  });
  const id = await createSession(store);
  await eventually(() => held.length === 1);
  await worker.close();
  expect(await store.stopSession(id, 'enough')).toMatchObject({
    state: 'ended',
    end: { outcome: 'stopped', message: 'enough' },
  });
});

test('a drained worker hands its sessions to the next, who goes on before those that wait for a slot', async () => {
  const store = await openStore();
  await store.setSlots(2);
  const ids = [await createSession(store), await createSession(store)];
  const waiting = await createSession(store);
  const first: string[] = [];
  const reasons: unknown[] = [];
  const draining = leases(store, {
    worker: 'first',
    capacity: 5,
    async run(lease, signal) {
      const owner = await store.claim(lease.sessionId, { epoch: lease.epoch, worker: 'first' });
      first.push(lease.sessionId);
      reasons.push(await aborted(signal));
      await owner.append({ type: 'user.stopped' });
      return 'released';
    },
  });
  await eventually(() => first.length === 2);
  const second: [string, number, number][] = [];
  leases(store, {
    worker: 'second',
    capacity: 5,
    async run({ sessionId, epoch }, signal) {
      await store.claim(sessionId, { epoch, worker: 'second' });
      second.push([sessionId, epoch, performance.now()]);
      await aborted(signal);
      return 'released';
    },
  });
  const begun = performance.now();
  await draining.close('SIGTERM');
  const closed = performance.now() - begun;
  await eventually(() => second.length === 2);
  const taken = Math.max(...second.map(([, , at]) => at)) - begun;
  expect(second.map(([id, epoch]) => `${id} ${epoch}`).toSorted()).toEqual(
    ids.map((id) => `${id} 2`).toSorted(),
  );
  expect(reasons.every((reason) => reason instanceof CancelledError && reason.reason === 'SIGTERM')).toBe(
    true,
  );
  expect(draining.active.size).toBe(0);
  expect(draining.health().ok).toBe(false);
  expect(await store.getSession(waiting)).toMatchObject({ state: 'queued', epoch: 0 });
  // On a quiet machine 10 ms and 20 ms.
  expect(closed).toBeLessThan(5_000);
  expect(taken).toBeLessThan(5_000);
});

test('a run that does not hand over in time is fenced when its worker closes', async () => {
  const store = await openStore();
  let lease: Lease | undefined;
  const worker = leases(store, {
    worker: 'w',
    capacity: 1,
    async run(held) {
      lease = held;
      await aborted(held.fenced);
      throw held.fenced.reason;
    },
  });
  await createSession(store);
  await eventually(() => lease);
  await worker.close('drain', { deadline: 200 });
  expect(lease?.fenced.reason).toBeInstanceOf(FencedError);
  expect(lease?.remaining()).toBe(0);
});

test('an ended session leaves its lease, and a lease on an ended session does no harm', async () => {
  const store = await openStore();
  const outcomes: string[] = [];
  leases(store, {
    worker: 'w',
    capacity: 5,
    async run({ sessionId, epoch }, signal) {
      const owner = await store.claim(sessionId, { epoch, worker: 'w' }).catch((error: unknown) => {
        outcomes.push((error as Error).name);
        throw error;
      });
      for await (const command of owner.commands({ signal })) {
        if (command.type !== 'stop') continue;
        await owner.end(stopped);
        outcomes.push('ended');
        return 'ended';
      }
      return 'released';
    },
  });
  const id = await createSession(store);
  await eventually(async () => (await store.getSession(id)).epoch === 1);
  await store.stopSession(id, 'enough');
  await eventually(async () => (await store.queue.getJobState(id)) === 'unknown');
  await store.queue.add('session', { base: 1 }, { jobId: id, removeOnComplete: true });
  await eventually(() => outcomes.length === 2);
  expect(outcomes).toEqual(['ended', SessionEndedError.name]);
  await eventually(async () => (await store.queue.getJobState(id)) === 'unknown');
});

test('a crashing run is tried again with a newer epoch', async () => {
  const store = await openStore();
  const epochs: number[] = [];
  leases(store, {
    worker: 'w',
    capacity: 5,
    async run({ sessionId, epoch }, signal) {
      await store.claim(sessionId, { epoch, worker: 'w' });
      epochs.push(epoch);
      if (epoch === 1) throw new Error('a bug');
      await aborted(signal);
      return 'released';
    },
  });
  const id = await createSession(store);
  await eventually(() => epochs.length === 2);
  expect(epochs).toEqual([1, 2]);
  expect(await store.getSession(id)).toMatchObject({ epoch: 2 });
});

test('a session on which workers crash again and again ends as failed', async () => {
  const store = await openStore();
  const id = await createSession(store);
  await store.queue.remove(id);
  await store.queue.add('session', { base: 0 }, { jobId: id, attempts: 2, removeOnComplete: true });
  leases(store, {
    worker: 'w',
    capacity: 5,
    run: ({ sessionId, epoch }) =>
      store.claim(sessionId, { epoch, worker: 'w' }).then(() => Promise.reject(new Error('a bug'))),
  });
  await eventually(async () => (await store.getSession(id)).state === 'ended');
  expect(await store.getSession(id)).toMatchObject({ end: { outcome: 'failed', code: 'worker-crashed' } });
  await eventually(async () => (await store.queue.getJobState(id)) === 'unknown');
});

test('a killed owner is replaced within 5 s, and the next one finds all that was unfinished', async () => {
  const account = freshAccount();
  const store = await openStore({ account });
  const short = { lockDuration: 2_000, stalledInterval: 400 };
  const path = fileURLToPath(new URL('owner.ts', import.meta.url));
  const child = fork(path, [
    inject('redisUrl'),
    account,
    String(short.lockDuration),
    String(short.stalledInterval),
  ]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const id = await createSession(store);
  const [held] = (await once(child, 'message')) as [{ sessionId: string; epoch: number }];
  expect(held).toEqual({ sessionId: id, epoch: 1 });
  const message = await post(store, id, 'unfinished');
  const taken: { epoch: number; at: number; commands: string[] }[] = [];
  leases(store, {
    worker: 'next',
    capacity: 5,
    ...short,
    async run({ sessionId, epoch }, signal) {
      const at = performance.now();
      const owner = await store.claim(sessionId, { epoch, worker: 'next' });
      taken.push({ epoch, at, commands: (await take(owner.commands(), 1)).map((command) => command.id) });
      await aborted(signal);
      return 'released';
    },
  });
  child.kill('SIGKILL');
  const killed = performance.now();
  const [next] = await eventually(() => (taken.length > 0 ? taken : undefined));
  expect(next).toMatchObject({ epoch: 2, commands: [message.id] });
  expect((next?.at ?? Infinity) - killed).toBeLessThan(5_000);
});

test('a worker that takes its own session again does so when its former run is over, and keeps it', async () => {
  const store = await openStore();
  const begun: { lease: Lease; overlapping: boolean }[] = [];
  let running = 0;
  leases(store, {
    worker: 'w',
    capacity: 5,
    lockDuration: 1_500,
    stalledInterval: 500,
    async run(lease, signal) {
      begun.push({ lease, overlapping: running > 0 });
      running += 1;
      try {
        await aborted(signal);
        // Leaving takes longer than the lock lasts, as when the vendor is slow to stop a session.
        if (begun.length === 1) await delay(3_000);
        throw signal.reason;
      } finally {
        running -= 1;
      }
    },
  });
  const id = await createSession(store);
  await eventually(() => begun.length === 1);
  // Another worker had the job, and is dead.
  const redis = new Redis(inject('redisUrl'));
  onTestFinished(() => redis.disconnect());
  await redis
    .multi()
    .del(store.queue.toKey(`${id}:lock`))
    .hincrby(store.queue.toKey(id), 'ats', 1)
    .exec();
  await eventually(() => begun.length === 2, 15_000);
  await delay(4_000);
  expect(begun.map(({ overlapping }) => overlapping)).toEqual([false, false]);
  expect(begun[1]!.lease.remaining()).toBeGreaterThan(0);
});
