import { CancelledError, type Relay } from '@avatar-bridge/relay';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createRelayMetrics, lookInterval } from './relay-metrics.ts';
import { relayStats } from './testing/relay-stats.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const lines = async (registry: Registry, ...names: string[]): Promise<string[]> =>
  (await registry.metrics())
    .split('\n')
    .filter((line) => names.some((name) => line.startsWith(`avatar_bridge_${name}`)));

const relay = (stats: Relay['stats']): Relay => ({ engine: 'rtp', stats }) as Relay;

it('adds up what all relays carry, by kind, and says how many there are', async () => {
  const registry = new Registry();
  const metrics = createRelayMetrics(registry, () => [{ pid: 1, engine: 'rtp', relays: 2 }]);
  const dropped = { duplicates: 0, refused: 0, late: 3, padding: 0, unsent: 0 };
  let packets = 0;
  const one = metrics.watch(relay(async () => relayStats(0, { packets: (packets += 10), dropped })));
  const other = metrics.watch(relay(async () => relayStats(0, { packets: 5, framesPerSecond: 12 })));

  await vi.advanceTimersByTimeAsync(2 * lookInterval);
  expect(
    await lines(
      registry,
      'relay_packets_total',
      'relay_dropped_total{kind="video",reason="late"}',
      'relays',
      'relay_hosts',
    ),
  ).toEqual([
    'avatar_bridge_relays{engine="rtp"} 2',
    'avatar_bridge_relay_hosts{engine="rtp"} 1',
    'avatar_bridge_relay_packets_total{kind="video"} 25',
    'avatar_bridge_relay_dropped_total{kind="video",reason="late"} 3',
  ]);
  expect(
    await lines(registry, 'relay_frames_per_second_bucket{le="15"}', 'relay_frames_per_second_count'),
  ).toEqual([
    'avatar_bridge_relay_frames_per_second_bucket{le="15"} 2',
    'avatar_bridge_relay_frames_per_second_count 4',
  ]);

  one();
  one();
  other();
  await vi.advanceTimersByTimeAsync(2 * lookInterval);
  expect(await lines(registry, 'relay_packets_total', 'relays{')).toEqual([
    'avatar_bridge_relay_packets_total{kind="video"} 35',
  ]);
  expect(vi.getTimerCount()).toBe(0);
});

it('tells the skew by engine, while it is known', async () => {
  const registry = new Registry();
  const metrics = createRelayMetrics(registry, () => []);
  const skews = [undefined, -30, 30];
  metrics.watch(
    relay(async () => {
      const skew = skews.shift();
      return { ...relayStats(0), ...(skew !== undefined && { skew }) };
    }),
  );
  await vi.advanceTimersByTimeAsync(3 * lookInterval);
  const buckets = ['-0.045', '-0.02', '0.02', '0.045'].map(
    (le) => `relay_skew_seconds_bucket{le="${le}",engine="rtp"}`,
  );
  expect((await lines(registry, ...buckets)).map((line) => line.split(' ')[1])).toEqual(['0', '1', '1', '2']);
});

it('asks a relay that restarts once, and goes on when it has ended', async () => {
  const registry = new Registry();
  const metrics = createRelayMetrics(registry, () => []);
  const asked: PromiseWithResolvers<Awaited<ReturnType<Relay['stats']>>>[] = [];
  const seen: number[] = [];
  metrics.watch(
    relay(() => {
      asked.push(Promise.withResolvers());
      return asked.at(-1)!.promise;
    }),
    (_stats, growth) => seen.push(growth.video!.packets),
  );
  await vi.advanceTimersByTimeAsync(3 * lookInterval);
  expect(asked).toHaveLength(1);
  asked[0]!.resolve(relayStats(1, { packets: 7 }));
  await vi.advanceTimersByTimeAsync(lookInterval);
  asked[1]!.reject(new CancelledError('the relay is closed'));
  await vi.advanceTimersByTimeAsync(lookInterval);
  asked[2]!.resolve(relayStats(1, { packets: 9 }));
  await vi.advanceTimersByTimeAsync(0);
  expect(seen).toEqual([7, 2]);
});
