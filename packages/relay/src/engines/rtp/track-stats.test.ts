import { expect, test } from 'vitest';
import type { InletStats } from './inbound/inlet.ts';
import { trackStats } from './track-stats.ts';

const inlet = (numbers: Partial<InletStats>): InletStats => ({
  packets: 0,
  bytes: 0,
  lost: 0,
  repaired: 0,
  duplicates: 0,
  refused: 0,
  nacks: 0,
  plis: 0,
  jitter: 0,
  ...numbers,
});

test('the counts of all sources add up, the jitter is that of the newest', () => {
  const leg = {
    packets: 10,
    bytes: 1000,
    octets: 880,
    unsent: 1,
    late: 2,
    padding: 3,
    frames: 4,
    keyFrames: 5,
    keyFramesRepeated: 2,
    nacks: 6,
    resent: 5,
    plis: 7,
    switches: 1,
    stageFractionLost: 0,
    stageLost: 8,
  };
  const facts = { codec: 'video/vp8', framesPerSecond: 30, sinceLastPacket: 12, muted: false };
  expect(
    trackStats({
      ...facts,
      leg,
      inlets: [
        inlet({ lost: 1, nacks: 4, jitter: 9 }),
        inlet({ lost: 2, plis: 3, jitter: 1.26, duplicates: 5 }),
      ],
    }),
  ).toEqual({
    ...facts,
    packets: 10,
    bytes: 1000,
    lost: 3,
    repaired: 0,
    jitter: 1.3,
    nacksSent: 4,
    nacksReceived: 6,
    resent: 5,
    plisSent: 3,
    plisReceived: 7,
    keyFrames: 5,
    keyFramesRepeated: 2,
    switches: 1,
    dropped: { duplicates: 5, refused: 0, late: 2, padding: 3, unsent: 1 },
    stageLost: 8,
  });
});
