import { setTimeout as delay } from 'node:timers/promises';
import { SessionRequest } from '@avatar-bridge/contracts';
import type { StreamedEvent } from '@avatar-bridge/contracts';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { StoreUnavailableError } from '../src/index.ts';
import type { Lease, SessionStore } from '../src/index.ts';
import { RedisServer } from './redis-server.ts';
import {
  aborted,
  collect,
  createSession,
  eventually,
  leases,
  openStore,
  ownedSession,
  post,
  quickLeases,
  take,
  types,
} from './support.ts';

const works = async (store: SessionStore, id: string) => {
  await eventually(() =>
    post(store, id, 'back').then(
      () => true,
      () => false,
    ),
  );
};

test('while Redis is down every call fails within milliseconds; when it is back all goes on', async () => {
  const redis = await RedisServer.start();
  const store = await openStore({ redisUrl: redis.url });
  const owner = await ownedSession(store);
  const message = await post(store, owner.id, 'before');
  // What was written is on the disk within a second.
  await delay(1_100);
  await redis.kill();
  const calls: [string, () => Promise<unknown>][] = [
    ['createSession', () => store.createSession(SessionRequest.parse({}), { idempotencyKey: 'k' })],
    ['getSession', () => store.getSession(owner.id)],
    ['listSessions', () => store.listSessions()],
    ['postMessage', () => post(store, owner.id, 'x')],
    ['getMessage', () => store.getMessage(owner.id, message.id)],
    ['listMessages', () => store.listMessages(owner.id)],
    ['cancelMessage', () => store.cancelMessage(owner.id, message.id)],
    ['interrupt', () => store.interrupt(owner.id)],
    ['stopSession', () => store.stopSession(owner.id, 'x')],
    ['readEvents', () => store.readEvents(owner.id)],
    ['events', () => store.events(owner.id)[Symbol.asyncIterator]().next()],
    ['claim', () => store.claim(owner.id, { epoch: 9, worker: 'w' })],
    ['setSlots', () => store.setSlots(3)],
    ['reconcile', () => store.reconcile()],
    ['counts', () => store.mailboxAsQueue(owner.id).counts()],
    ['append', () => owner.append({ type: 'user.started' })],
    ['end', () => owner.end({ outcome: 'stopped', code: 'x', message: 'x' })],
  ];
  // The socket may take a moment to notice.
  await expect(store.getSession(owner.id)).rejects.toThrow(StoreUnavailableError);
  const wrong: string[] = [];
  for (const [name, call] of calls) {
    const begun = performance.now();
    const error = await call().catch((e: unknown) => e);
    if (!(error instanceof StoreUnavailableError)) wrong.push(`${name}: ${String(error)}`);
    if (performance.now() - begun > 250) wrong.push(`${name} is slow`);
  }
  expect(wrong).toEqual([]);
  expect(await store.ready()).toMatchObject({ ok: false });
  await redis.start();
  const up = performance.now();
  await works(store, owner.id);
  expect(performance.now() - up).toBeLessThan(3_000);
  expect(await store.ready()).toMatchObject({ ok: true });
  expect(await store.getMessage(owner.id, message.id)).toMatchObject({ text: 'before' });
});

test('a store opens without Redis and works when Redis comes', async () => {
  const redis = await RedisServer.start();
  await redis.kill();
  const begun = performance.now();
  const store = await openStore({ redisUrl: redis.url });
  expect(performance.now() - begun).toBeLessThan(3_000);
  expect(await store.ready()).toMatchObject({ ok: false });
  await expect(store.createSession(SessionRequest.parse({}))).rejects.toThrow(StoreUnavailableError);
  const started: string[] = [];
  leases(store, {
    worker: 'w',
    capacity: 1,
    async run({ sessionId }, signal) {
      started.push(sessionId);
      await aborted(signal);
      return 'released';
    },
  });
  await redis.start();
  const id = await eventually(() => createSession(store).catch(() => undefined));
  await eventually(() => started.includes(id));
});

test('listeners and owners see through an outage: no event and no command is missed or doubled', async () => {
  const redis = await RedisServer.start();
  const store = await openStore({ redisUrl: redis.url });
  const other = await openStore({ redisUrl: redis.url, account: store.account });
  const owner = await ownedSession(store);
  const seen: StreamedEvent[] = [];
  const following = collect(other.events(owner.id), seen);
  const commands = take(owner.commands(), 4);
  await post(store, owner.id, '1');
  await post(store, owner.id, '2');
  await eventually(() => types(seen).filter((type) => type === 'message.accepted').length === 2);
  await delay(1_100);
  await redis.kill();
  await delay(1_500);
  await redis.start();
  await works(store, owner.id);
  await post(store, owner.id, '4');
  expect(
    (await commands).map((command) => command.type === 'message' && [command.seq, command.text]),
  ).toEqual([
    [1, '1'],
    [2, '2'],
    [3, 'back'],
    [4, '4'],
  ]);
  await owner.end({ outcome: 'stopped', code: 'stopped', message: 'over' });
  await following;
  expect(seen.flatMap((event) => (event.type === 'message.accepted' ? event.seq : []))).toEqual([1, 2, 3, 4]);
  expect(seen).toEqual(await store.readEvents(owner.id));
});

describe('leases through a silence of Redis', () => {
  /** Two workers, one of which holds a session; what happens to it is logged. */
  const twoWorkers = async (redis: RedisServer, names = ['a', 'b']) => {
    const store = await openStore({ redisUrl: redis.url });
    const log: string[] = [];
    const held: Lease[] = [];
    const worker = (name: string) =>
      leases(store, {
        worker: name,
        capacity: 1,
        async run(lease, signal) {
          log.push(`${name} ${lease.epoch}`);
          held.push(lease);
          await store.claim(lease.sessionId, { epoch: lease.epoch, worker: name });
          throw await aborted(signal);
        },
      });
    const [first = '', ...others] = names;
    worker(first);
    const id = await createSession(store);
    const lease = await eventually(() => held[0]);
    for (const name of others) worker(name);
    await delay(1_100);
    return { store, id, log, lease };
  };
  const goesOn = async ({ store, id, log, lease }: Awaited<ReturnType<typeof twoWorkers>>, up: number) => {
    await eventually(() => lease.remaining() > 0);
    const back = performance.now() - up;
    // Long enough for two looks for stalled leases after steady contact.
    await delay(3_300);
    expect(log).toEqual(['a 1']);
    expect(lease.remaining()).toBeGreaterThan(0);
    expect(lease.fenced.aborted).toBe(false);
    expect(await store.queue.getJobState(id)).toBe('active');
    return back;
  };

  test.each([1_000, 6_000])('a frozen Redis takes no lease away, %i ms', async (ms) => {
    const redis = await RedisServer.start();
    const workers = await twoWorkers(redis);
    redis.freeze();
    await delay(ms);
    expect(workers.lease.remaining() > 0).toBe(ms < quickLeases.lockDuration / 2);
    redis.thaw();
    expect(await goesOn(workers, performance.now())).toBeLessThan(1_000);
  });

  test('a Redis that was killed and started again takes no lease away', async () => {
    const redis = await RedisServer.start();
    const workers = await twoWorkers(redis);
    await redis.kill();
    await eventually(() => workers.lease.remaining() === 0);
    await delay(1_500);
    await redis.start();
    expect(await goesOn(workers, performance.now())).toBeLessThan(2_000);
  });

  test('a worker that stood still finds out that another has its lease before it acts', async () => {
    const redis = await RedisServer.start();
    const { store, id, log, lease } = await twoWorkers(redis);
    const other = redis.client();
    onTestFinished(() => other.disconnect());
    // Another worker took the job while this process stood still.
    await other.del(store.queue.toKey(`${id}:lock`));
    await other.hincrby(store.queue.toKey(id), 'ats', 1);
    await other.set(store.queue.toKey(`${id}:lock`), 'of another worker', 'PX', 60_000);
    await eventually(() => lease.fenced.aborted);
    expect(lease.remaining()).toBe(0);
    expect(log).toEqual(['a 1']);
  });

  test('a lease whose job was put back in the queue is taken again before anybody has it', async () => {
    const redis = await RedisServer.start();
    const { store, id, log, lease } = await twoWorkers(redis, ['a']);
    const other = redis.client();
    onTestFinished(() => other.disconnect());
    await other
      .multi()
      .del(store.queue.toKey(`${id}:lock`))
      .lrem(store.queue.toKey('active'), 1, id)
      .rpush(store.queue.toKey('wait'), id)
      .exec();
    await delay(1_500);
    expect(log).toEqual(['a 1']);
    expect(lease.fenced.aborted).toBe(false);
    expect(await store.queue.getJobState(id)).toBe('active');
  });
});

test('an outage shorter than the lease changes nothing', async () => {
  const redis = await RedisServer.start();
  const store = await openStore({ redisUrl: redis.url });
  const log: string[] = [];
  leases(store, {
    worker: 'a',
    capacity: 5,
    lockDuration: 5_000,
    async run(lease, signal) {
      log.push(`epoch ${lease.epoch}`);
      await aborted(signal);
      return 'released';
    },
  });
  await createSession(store);
  await eventually(() => log.length === 1);
  await delay(1_100);
  await redis.kill();
  await delay(1_000);
  await redis.start();
  // Longer than a whole lease, so that it must have been renewed since.
  await delay(5_500);
  expect(log).toEqual(['epoch 1']);
});

test('a Redis that became a read-only replica is unavailable, and says so', async () => {
  const redis = await RedisServer.start();
  const store = await openStore({ redisUrl: redis.url });
  const id = await createSession(store);
  const admin = new Redis(redis.url);
  try {
    leases(store, { worker: 'w', capacity: 1, run: () => Promise.resolve('released') });
    await admin.replicaof('127.0.0.1', 1);
    await eventually(async () => !(await store.ready()).ok);
    // Nobody reconnects in a storm while there is no primary.
    const connections = async () =>
      Number(/total_connections_received:(\d+)/.exec(await admin.info('stats'))?.[1]);
    const before = await connections();
    await delay(2_000);
    expect((await connections()) - before).toBeLessThan(15);
    await expect(post(store, id, 'x')).rejects.toThrow(StoreUnavailableError);
    await admin.replicaof('NO', 'ONE');
    await works(store, id);
    expect(await store.ready()).toMatchObject({ ok: true });
  } finally {
    admin.disconnect();
  }
});

test('a Redis out of memory is unavailable, and workers do not storm it', async () => {
  const redis = await RedisServer.start();
  const errors: string[] = [];
  const logger = {
    debug: () => {},
    info: () => {},
    warn: (details: object) => errors.push(JSON.stringify(details)),
    error: () => {},
  };
  const store = await openStore({ redisUrl: redis.url, logger });
  const id = await createSession(store);
  const admin = new Redis(redis.url);
  try {
    await admin.config('SET', 'maxmemory', '1');
    leases(store, { worker: 'w', capacity: 1, run: () => Promise.resolve('released') });
    await expect(post(store, id, 'x')).rejects.toThrow(StoreUnavailableError);
    expect(await store.ready()).toMatchObject({ ok: false });
    await delay(1_000);
    const before = Number(/total_commands_processed:(\d+)/.exec(await admin.info('stats'))?.[1]);
    await delay(2_000);
    const after = Number(/total_commands_processed:(\d+)/.exec(await admin.info('stats'))?.[1]);
    expect(after - before).toBeLessThan(100);
    expect(errors.length).toBeLessThan(20);
    await admin.config('SET', 'maxmemory', '0');
    await works(store, id);
  } finally {
    admin.disconnect();
  }
});

test('a Redis that is frozen does not hang its callers for ever', async () => {
  const redis = await RedisServer.start();
  const store = await openStore({ redisUrl: redis.url });
  const id = await createSession(store);
  redis.freeze();
  try {
    const begun = performance.now();
    expect(await store.ready()).toMatchObject({ ok: false });
    expect(performance.now() - begun).toBeLessThan(3_000);
    await expect(post(store, id, 'x')).rejects.toThrow(StoreUnavailableError);
    expect(performance.now() - begun).toBeLessThan(10_000);
  } finally {
    redis.thaw();
  }
  await works(store, id);
});
