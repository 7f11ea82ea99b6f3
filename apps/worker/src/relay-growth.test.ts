import { expect, it } from 'vitest';
import { RelayGrowth } from './relay-growth.ts';
import { relayStats } from './testing/relay-stats.ts';

it('counts from the start on, each packet once', () => {
  const growth = new RelayGrowth();
  const dropped = { duplicates: 1, refused: 0, late: 0, padding: 2, unsent: 0 };
  expect(growth.since(relayStats(0))).toEqual({});
  expect(growth.since(relayStats(0, { packets: 10, bytes: 1_000, dropped })).video).toMatchObject({
    packets: 10,
    bytes: 1_000,
    dropped,
  });
  expect(
    growth.since(relayStats(0, { packets: 15, bytes: 1_400, dropped: { ...dropped, padding: 5 } })).video,
  ).toMatchObject({
    packets: 5,
    bytes: 400,
    dropped: { duplicates: 0, padding: 3 },
  });
});

it('counts from 0 again after a restart, also when the counters are higher than before by then', () => {
  const growth = new RelayGrowth();
  growth.since(relayStats(0, { packets: 10 }));
  expect(growth.since(relayStats(1, { packets: 12 })).video?.packets).toBe(12);
  expect(growth.since(relayStats(1, { packets: 13 })).video?.packets).toBe(1);
  expect(growth.since(relayStats(3, { packets: 2 })).video?.packets).toBe(2);
});

it('counts a loss once, though late packets make it less for a while', () => {
  const growth = new RelayGrowth();
  const lost = [5, 3, 5, 6].map((value) => growth.since(relayStats(0, { lost: value })).video?.lost);
  expect(lost).toEqual([5, 0, 0, 1]);
});
