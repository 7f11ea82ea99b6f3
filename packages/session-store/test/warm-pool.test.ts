import { Redis } from 'ioredis';
import { expect, inject, onTestFinished, test } from 'vitest';
import type { SessionStore } from '../src/index.ts';
import { aborted, createSession, eventually, leases, openStore, ownedSession } from './support.ts';

const provider = 'heygen';
const wanted = { providers: [provider], key: 'heygen:usual' };
const ref = (id: string, openForMs = 0) => ({ provider, id, openedAt: Date.now() - openForMs });

/** Opens one and offers it. */
async function keepReady(
  store: SessionStore,
  id: string,
  { key = wanted.key, keeper = 'keeper', most = 10, usableMs = 60_000, openForMs = 0 } = {},
): Promise<boolean> {
  await store.pool.keep(keeper);
  const reservation = await store.pool.reserve(key, most);
  if (reservation === undefined) return false;
  expect(await store.pool.record(ref(id, openForMs), { key, keeper }, reservation)).toBe(true);
  return store.pool.offer({ provider, id }, keeper, usableMs);
}

test('never more are kept than wanted, whoever asks, those being opened included', async () => {
  const store = await openStore();
  await store.setSlots(10);
  const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => store.pool.reserve('heygen:usual', 1)));
  expect([first, ...others].filter(Boolean)).toHaveLength(1);
  expect(await store.pool.reserve('heygen:another', 1)).toEqual(expect.any(String));
  expect(await store.pool.record(ref('a'), { key: 'heygen:usual', keeper: 'one' }, first!)).toBe(true);
  expect(await store.pool.reserve('heygen:usual', 1)).toBeUndefined();
  const second = await store.pool.reserve('heygen:usual', 2);
  await store.pool.release(second!);
  expect(await store.pool.reserve('heygen:usual', 2)).toEqual(expect.any(String));
});

test('a session takes the oldest that fits and is usable, and nobody takes it twice', async () => {
  const store = await openStore();
  await store.setSlots(10);
  await keepReady(store, 'newer', { openForMs: 1_000 });
  await keepReady(store, 'older', { openForMs: 5_000 });
  await keepReady(store, 'other', { key: 'heygen:another' });
  await keepReady(store, 'worn', { openForMs: 9_000, usableMs: 1 });
  const [first, second] = [await ownedSession(store), await ownedSession(store)];
  expect(await first.askPool({ ...wanted, key: undefined })).toBeUndefined();
  const taken = await Promise.all([first.askPool(wanted), second.askPool(wanted), second.askPool(wanted)]);
  expect(taken.map((found) => found?.ref.id)).toEqual(['older', 'newer', undefined]);
  expect((await store.vendorSessions()).filter(({ sessionId }) => sessionId).map(({ id }) => id)).toEqual([
    'older',
    'newer',
  ]);
  expect(await store.pool.offer({ provider, id: 'older' }, 'keeper', 60_000)).toBe(false);
  expect((await store.pool.keep('keeper')).map(({ id }) => id)).toEqual(['worn', 'other']);
});

test('one that is not offered can not be taken', async () => {
  const store = await openStore();
  await store.setSlots(10);
  await keepReady(store, 'a');
  expect(await store.pool.offer({ provider, id: 'a' }, 'somebody else', 0)).toBe(false);
  expect(await store.pool.offer({ provider, id: 'a' }, 'keeper', 0)).toBe(true);
  expect(await (await ownedSession(store)).askPool(wanted)).toBeUndefined();
});

test('the pool takes free slots only, and none that a session waits for', async () => {
  const store = await openStore();
  expect(await keepReady(store, 'before the slots are known')).toBe(false);
  await store.setSlots(3);
  const owner = await ownedSession(store);
  await owner.openVendorSession(ref('open'));
  // Its job, which nobody holds, waits.
  expect(await keepReady(store, 'a')).toBe(true);
  expect(await keepReady(store, 'b')).toBe(false);
});

test('a session whose slot the pool has gets a vendor session to stop, one of its provider', async () => {
  const store = await openStore();
  await store.setSlots(2);
  await keepReady(store, 'a', { key: 'heygen:another', openForMs: 1_000 });
  await keepReady(store, 'b', { key: 'heygen:another' });
  await createSession(store);
  const hold = leases(store, {
    worker: 'w',
    capacity: 1,
    run: (_, signal) => aborted(signal).then(() => 'released' as const),
  });
  await eventually(() => hold.active.size === 1);
  const [id] = hold.active;
  const owner = await store.claim(id!, { epoch: 9, worker: 'w' });
  expect(await owner.askPool({ providers: ['liveavatar-full'], key: 'x' })).toBeUndefined();
  expect(await owner.askPool(wanted)).toMatchObject({ use: 'stop', ref: { id: 'a' } });
  await owner.closeVendorSession({ provider, id: 'a' }, 'its slot was needed');
  expect(await owner.askPool(wanted)).toBeUndefined();
  await owner.openVendorSession(ref('own'));
  // A second one, for a rollover, takes the pool's slot, too.
  expect(await owner.reserveSlot()).toBe(true);
  expect(await owner.askPool(wanted)).toMatchObject({ use: 'stop', ref: { id: 'b' } });
});

test('a vendor account with slots of its own gives the pool none that is used, and has its own given back', async () => {
  const store = await openStore();
  await store.setSlots(10);
  await store.pool.keep('keeper');
  const account = { id: 'heygen', slots: 2, providers: [provider] };
  const owner = await ownedSession(store);
  await owner.openVendorSession(ref('open'));
  const reservation = await store.pool.reserve(wanted.key, 5, account);
  expect(reservation).toEqual(expect.any(String));
  expect(await store.pool.reserve(wanted.key, 5, account)).toBeUndefined();
  expect(await store.pool.reserve('another-vendor:usual', 5)).toEqual(expect.any(String));
  await store.pool.record(ref('kept'), { key: wanted.key, keeper: 'keeper' }, reservation ?? '');
  const other = await ownedSession(store);
  expect(await other.askPool({ ...wanted, key: undefined })).toBeUndefined();
  expect(await other.reserveInAccount(account)).toBe(true);
  expect(await other.askPool({ ...wanted, key: undefined, account })).toMatchObject({
    use: 'stop',
    ref: { id: 'kept' },
  });
});

test("the time in the pool is the account's, not the session's", async () => {
  const store = await openStore();
  await store.setSlots(10);
  await keepReady(store, 'a', { openForMs: 60_000 });
  const near = (seconds: number) => expect.closeTo(seconds, -0.7);
  expect((await store.usage()).billableSeconds).toEqual(near(60));
  const owner = await ownedSession(store);
  const found = await owner.askPool(wanted);
  await owner.openVendorSession(found!.ref);
  expect((await store.getSession(owner.id)).billableSeconds).toEqual(near(0));
  expect((await store.usage()).billableSeconds).toEqual(near(60));
  await owner.closeVendorSession(found!.ref, 'over');
  expect((await store.getSession(owner.id)).billableSeconds).toEqual(near(0));
  expect((await store.usage()).billableSeconds).toEqual(near(60));
});

test('those of a keeper that is dead are claimed once, and struck out', async () => {
  const redis = new Redis(inject('redisUrl'));
  onTestFinished(() => redis.disconnect());
  const store = await openStore();
  await store.setSlots(10);
  await keepReady(store, 'a', { keeper: 'dead' });
  await keepReady(store, 'b', { keeper: 'alive' });
  expect(await store.pool.claimStale('sweeper')).toEqual([]);
  await redis.zadd(`ab:{${store.account}}:pool-keepers`, Date.now() - 31_000, 'dead');
  const [claimed, ...more] = await store.pool.claimStale('sweeper');
  expect(more).toEqual([]);
  expect(claimed).toMatchObject({ id: 'a', pool: { keeper: 'sweeper' } });
  expect(await (await ownedSession(store)).askPool(wanted)).toMatchObject({ ref: { id: 'b' } });
  expect(await store.pool.record(ref('a'), { key: wanted.key, keeper: 'dead' }, '')).toBe(false);
  await store.forgetVendorSession({ provider, id: 'a' });
  expect(await store.pool.keep('sweeper')).toEqual([]);
});
