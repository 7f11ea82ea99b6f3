import { SessionRequest } from '@avatar-bridge/contracts';
import { Redis } from 'ioredis';
import { expect, inject, onTestFinished, test } from 'vitest';
import { FencedError } from '../src/index.ts';
import { aborted, createSession, eventually, leases, openStore, ownedSession, types } from './support.ts';

const provider = 'heygen';
const ref = (id: string, openForMs = 0) => ({ provider, id, openedAt: Date.now() - openForMs });

test('a second vendor session gets a slot only while one is free, and one reservation at a time counts', async () => {
  const store = await openStore();
  await store.setSlots(3);
  const [first, second] = [await ownedSession(store), await ownedSession(store)];
  await first.openVendorSession(ref('a'));
  await second.openVendorSession(ref('b'));
  expect(await first.reserveSlot()).toBe(true);
  expect(await first.reserveSlot()).toBe(true);
  expect(await second.reserveSlot()).toBe(false);
  await first.releaseSlot();
  expect(await second.reserveSlot()).toBe(true);
  // Opened: the vendor session itself counts from now on.
  await second.openVendorSession(ref('b2'));
  expect(await first.reserveSlot()).toBe(false);
  await second.closeVendorSession({ provider, id: 'b' }, 'rolled over');
  expect(await first.reserveSlot()).toBe(true);
});

test('a session that is leased has its slot before it has a vendor session', async () => {
  const store = await openStore();
  await store.setSlots(2);
  await createSession(store);
  const hold = leases(store, {
    worker: 'w',
    capacity: 1,
    run: (_, signal) => aborted(signal).then(() => 'released' as const),
  });
  await eventually(() => hold.active.size === 1);
  const owner = await ownedSession(store);
  await owner.openVendorSession(ref('a'));
  expect(await owner.reserveSlot()).toBe(false);
});

test('a reservation lapses', async () => {
  const redis = new Redis(inject('redisUrl'));
  onTestFinished(() => redis.disconnect());
  const store = await openStore();
  await store.setSlots(1);
  const [first, second] = [await ownedSession(store), await ownedSession(store)];
  expect(await first.reserveSlot()).toBe(true);
  expect(await second.reserveSlot()).toBe(false);
  const [, lapses] = await redis.zrange(`ab:{${store.account}}:slot-reservations`, 0, '-1', 'WITHSCORES');
  expect(Number(lapses) - Date.now()).toBeGreaterThan(50_000);
  await redis.zadd(`ab:{${store.account}}:slot-reservations`, Date.now() - 1, first.id);
  expect(await second.reserveSlot()).toBe(true);
});

test('a slot of one of several accounts is taken by one session at a time, whatever comes at once', async () => {
  const store = await openStore();
  const eu = { id: 'heygen@eu', slots: 2, providers: ['heygen@eu'] };
  const us = { id: 'heygen@us', slots: 1, providers: ['heygen@us'] };
  const owners = await Promise.all(Array.from({ length: 8 }, () => ownedSession(store)));
  const answers = await Promise.all(owners.map((owner) => owner.reserveInAccount(eu)));
  expect(answers.filter(Boolean)).toHaveLength(2);
  const [first, second] = owners.filter((_, index) => answers[index]);
  const other = owners.find((_, index) => !answers[index]);
  if (!first || !second || !other) throw new Error('two had a slot');
  expect(await other.reserveInAccount(us)).toBe(true);
  expect(await first.reserveInAccount(us)).toBe(false);

  await first.openVendorSession({ ...ref('a'), provider: 'heygen@eu' });
  await second.releaseSlot();
  expect(await other.reserveInAccount(eu)).toBe(true);
  await other.openVendorSession({ ...ref('b'), provider: 'heygen@eu' });
  expect(await second.reserveInAccount(eu)).toBe(false);
  // One that takes the place of the session's own needs no other slot, a second one does.
  expect(await first.reserveInAccount(eu)).toBe(true);
  expect(await first.reserveInAccount(eu, { beside: true })).toBe(false);
  await other.closeVendorSession({ provider: 'heygen@eu', id: 'b' }, 'over');
  expect(await first.reserveInAccount(eu, { beside: true })).toBe(true);
});

test('without a limit there is always a slot', async () => {
  const owner = await ownedSession(await openStore());
  await owner.openVendorSession(ref('a'));
  expect(await owner.reserveSlot()).toBe(true);
});

test('a session and its account say how long vendor sessions were open, each counted once', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  await owner.openVendorSession(ref('closed', 60_000));
  await owner.openVendorSession(ref('open', 30_000));
  await owner.closeVendorSession({ provider, id: 'closed' }, 'over');
  await owner.closeVendorSession({ provider, id: 'closed' }, 'over');
  const near = (seconds: number) => expect.closeTo(seconds, -0.7);
  expect((await store.getSession(owner.id)).billableSeconds).toEqual(near(90));
  expect((await store.usage()).billableSeconds).toEqual(near(90));

  const other = await ownedSession(store);
  await other.openVendorSession(ref('other', 10_000));
  expect((await store.getSession(other.id)).billableSeconds).toEqual(near(10));
  expect(await store.usage()).toEqual({ billableSeconds: near(100), keys: [] });
});

test('what the sessions of an API key cost is told for each key', async () => {
  const store = await openStore();
  const owned = async (key: string) => {
    const { session } = await store.createSession({ ...SessionRequest.parse({}), key });
    return store.claim(session.id, { epoch: 1, worker: 'w' });
  };
  const [first, second] = [await owned('key_a'), await owned('key_b')];
  await first.openVendorSession(ref('closed', 60_000));
  await first.closeVendorSession({ provider, id: 'closed' }, 'over');
  await first.openVendorSession(ref('open', 30_000));
  await second.openVendorSession(ref('other', 10_000));
  expect((await store.getSession(first.id)).key).toBe('key_a');
  const { billableSeconds, keys } = await store.usage();
  const near = (seconds: number) => expect.closeTo(seconds, -0.7);
  expect(billableSeconds).toEqual(near(100));
  expect(keys.toSorted((a, b) => a.key.localeCompare(b.key))).toEqual([
    { key: 'key_a', billableSeconds: near(90) },
    { key: 'key_b', billableSeconds: near(10) },
  ]);
});

test('a vendor session that was given up is so in the list and the record, and is stopped by then or later', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  await owner.openVendorSession({ ...ref('stuck', 60_000), data: { url: 'ws://a room' } });
  await owner.openVendorSession(ref('next'));
  await owner.giveUpVendorSession({ provider, id: 'stuck' });
  expect((await store.vendorSessions()).map(({ id, givenUp }) => [id, givenUp])).toEqual([
    ['stuck', true],
    ['next', undefined],
  ]);
  const next = await store.claim(owner.id, { epoch: owner.epoch + 1, worker: 'next' });
  expect(next.record.vendorSessions).toMatchObject([
    { id: 'stuck', givenUp: true, data: { url: 'ws://a room' } },
    { id: 'next' },
  ]);
  // What the next owner goes on with is not its former owner's to give up, and what is stopped stays so.
  await next.openVendorSession(ref('next'));
  await expect(owner.giveUpVendorSession({ provider, id: 'next' })).rejects.toThrow(FencedError);
  await next.closeVendorSession({ provider, id: 'stuck' }, 'stopped at last');
  await next.giveUpVendorSession({ provider, id: 'stuck' });
  expect(await store.vendorSessions()).toMatchObject([{ id: 'next' }]);
  expect((await store.vendorSessions())[0]).not.toHaveProperty('givenUp');
});

test('a vendor session that is stopped after its session has ended is counted to its stop', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  await owner.openVendorSession(ref('slow', 60_000));
  await owner.end({ outcome: 'stopped', code: 'stopped', message: 'enough' });
  await owner.closeVendorSession({ provider, id: 'slow' }, 'stopped at last');
  expect(await store.getSession(owner.id)).not.toHaveProperty('vendorSession');
  expect((await store.getSession(owner.id)).billableSeconds).toEqual(expect.closeTo(60, -0.7));
  expect(types(await store.readEvents(owner.id)).at(-1)).toBe('session.ended');
});

test('a vendor session that the sweep stopped is closed in its record as well, also when the session has ended', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  await owner.openVendorSession(ref('left', 60_000));
  await store.forgetVendorSession({ provider, id: 'left' });
  expect(await store.getSession(owner.id)).not.toHaveProperty('vendorSession');
  expect(types(await store.readEvents(owner.id)).at(-1)).toBe('vendor.closed');
  await owner.openVendorSession(ref('left too', 60_000));
  await owner.end({ outcome: 'stopped', code: 'stopped', message: 'enough' });
  await store.forgetVendorSession({ provider, id: 'left too' });
  expect(await store.getSession(owner.id)).not.toHaveProperty('vendorSession');
  expect((await store.getSession(owner.id)).billableSeconds).toEqual(expect.closeTo(120, -0.7));
  expect(types(await store.readEvents(owner.id)).at(-1)).toBe('session.ended');
  expect(await store.vendorSessions()).toEqual([]);
});
