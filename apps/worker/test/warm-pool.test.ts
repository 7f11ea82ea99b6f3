import { AvatarSettings } from '@avatar-bridge/contracts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createMetrics } from '../src/metrics.ts';
import { pooledAvatars } from '../src/pool/pooled-avatars.ts';
import { WarmPool } from '../src/pool/warm-pool.ts';
import type { AvatarProvider } from '../src/providers/avatar-provider.ts';
import { Providers } from '../src/providers/providers.ts';
import { Sweep } from '../src/sweep.ts';
import { Rig, sentence } from './support/rig.ts';

const avatar = AvatarSettings.parse({ quality: 'low' });

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig[Symbol.asyncDispose]());

/** Workers that keep one vendor session ready, all together. */
function startWorkers(provider: AvatarProvider, { workers = 1, slots = 20 } = {}) {
  const providers = new Providers([provider]);
  const metrics = createMetrics();
  const pool = pooledAvatars(providers, [{ avatar, count: 1 }]);
  const started = Array.from({ length: workers }, () => rig.startWorker({ providers, pool, slots, metrics }));
  return { metrics, drain: () => Promise.all(started.map((worker) => worker.drain())) };
}

/** The one that sessions can take. */
const untilReady = () =>
  vi.waitUntil(
    async () => (await rig.store.vendorSessions()).find(({ pool }) => pool?.usableUntil !== undefined)?.id,
    { timeout: 10_000, interval: 20 },
  );

it('gives a session the vendor session that is ready, makes up for it, and stops what is left in a drain', async () => {
  const { drain, metrics } = startWorkers(rig.provider(), { workers: 2 });
  const pooled: number[] = [];
  const count = async () => {
    const entries = await rig.store.vendorSessions();
    pooled.push(entries.filter(({ pool }) => pool !== undefined).length);
  };
  const watch = setInterval(() => void count(), 20);
  const kept = await untilReady();
  const conversation = await rig.liveSession({ openingText: 'Welcome.' });
  expect(await conversation.vendorSessions()).toMatchObject([{ sessionId: kept }]);
  const next = await untilReady();
  const said = await conversation.say(sentence('said'));
  expect(await conversation.finished(said)).toEqual(['spoken']);
  expect(await conversation.spoken()).toEqual(['Welcome.', sentence('said')]);

  // One that is lost is replaced by the next that is ready.
  await rig.fault({ kind: 'drop-session', sessionId: kept });
  await conversation.until('session.recovering');
  const again = await conversation.say(sentence('again'));
  expect(await conversation.finished(again)).toEqual(['spoken']);
  const used = (await conversation.vendorSessions()).map(({ sessionId }) => sessionId);
  expect(used).toEqual([kept, next]);
  expect(await metrics.text()).toContain('avatar_bridge_pool_asked_total{outcome="used"} 2');
  await conversation.stop();
  await conversation.until('session.ended');
  await drain();
  clearInterval(watch);
  expect(Math.max(...pooled)).toBe(1);
  expect(await metrics.text()).toContain('avatar_bridge_pool_closed_total{reason="drained"} 1');
  expect(await rig.openVendorSessions()).toEqual([]);
  expect(await rig.store.vendorSessions()).toEqual([]);
}, 30_000);

it('gives way to a session that needs its slot', async () => {
  startWorkers(rig.provider(), { slots: 1 });
  const kept = await untilReady();
  const conversation = await rig.liveSession({ quality: 'medium' });
  const [closed, used] = await rig.vendorSessions();
  expect(closed).toMatchObject({ sessionId: kept, state: 'closed' });
  expect(await conversation.vendorSessions()).toMatchObject([{ sessionId: used?.sessionId }]);
  expect(await rig.openVendorSessions()).toHaveLength(1);
  await conversation.stop();
  await conversation.until('session.ended');
  expect(await untilReady()).not.toBe(kept);
}, 30_000);

it('gives a session of liveavatar-full one that knows the opening text from what comes after it', async () => {
  startWorkers(rig.full());
  const kept = await untilReady();
  const conversation = await rig.liveSession({ openingText: 'Welcome.' });
  expect(await conversation.finished(await conversation.say(sentence('said')))).toEqual(['spoken']);
  expect(await conversation.vendorSessions()).toMatchObject([{ sessionId: kept }]);
  expect(await conversation.spoken()).toEqual(['Welcome.', sentence('said')]);
}, 30_000);

it('asks for a slot once a second while there is none', async () => {
  const { logger, store } = rig;
  const reserve = vi.spyOn(store.pool, 'reserve');
  const provider = rig.provider();
  const avatars = pooledAvatars(new Providers([provider]), [{ avatar, count: 2 }]);
  const pool = new WarmPool({ store, provider, avatars, name: 'w', metrics: createMetrics(), logger });
  await vi.waitUntil(() => reserve.mock.calls.length > 2, { timeout: 5_000 });
  await pool.close();
  expect(reserve.mock.calls.length).toBeLessThanOrEqual(4);
  expect(await rig.vendorSessions()).toEqual([]);
});

it('leaves nothing behind when its worker is dead', async () => {
  const { logger, store } = rig;
  const provider = rig.provider();
  const place = { key: 'a kind', keeper: 'a dead worker' };
  await store.setSlots(1);
  const reservation = await store.pool.reserve(place.key, 1);
  await provider.open({
    sessionId: 'warm-pool',
    avatar,
    forPool: true,
    seatAvatar: () => Promise.reject(new Error('There is no stage')),
    recordRef: async (ref) => expect(await store.pool.record(ref, place, reservation ?? '')).toBe(true),
    onEvent: () => {},
    signal: AbortSignal.timeout(5_000),
  });
  expect(await rig.openVendorSessions()).toHaveLength(1);
  const providers = new Providers([provider]);
  await new Sweep({ store, providers, name: 'w', metrics: createMetrics(), logger, slots: 1 }).once();
  expect(await rig.openVendorSessions()).toEqual([]);
  expect(await store.vendorSessions()).toEqual([]);
});
