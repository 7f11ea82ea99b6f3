import { SessionEventBody } from '@avatar-bridge/contracts';
import { expect, it } from 'vitest';
import { RelayGrowth } from '../relay-growth.ts';
import { lookInterval } from '../relay-metrics.ts';
import { relayStats } from '../testing/relay-stats.ts';
import { MediaSummary } from './media-summary.ts';

it('sums up once a minute, each time what was carried since', () => {
  const summary = new MediaSummary(0);
  const growth = new RelayGrowth();
  const told = Array.from({ length: 12 }, (_, index) => {
    const look = index + 1;
    const stats = {
      ...relayStats(0, { packets: 100 * look, bytes: 15_000 * look, lost: look, framesPerSecond: 25 }),
      skew: -look,
    };
    return summary.add(stats, growth.since(stats), look * lookInterval);
  });
  const video = { packets: 600, lost: 6, repaired: 0, bitrate: 12_000, framesPerSecond: 25 };
  const sixth = { type: 'media.stats', windowMs: 60_000, skewMs: -6, video };
  const nothing = Array.from({ length: 5 }, () => undefined);
  expect(told).toEqual([...nothing, sixth, ...nothing, { ...sixth, skewMs: -12 }]);
  expect(SessionEventBody.parse(told[5])).toEqual(sixth);
});
