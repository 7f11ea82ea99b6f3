import { expect, test } from 'vitest';
import { textOf } from '../kit/texts.ts';
import { seams, silencesOf } from './seams.ts';

const said = (startedAt: number, stoppedAt: number, session = 0) => ({
  vendorSession: 'v',
  text: textOf(session, 0, 1),
  startedAt,
  stoppedAt,
});

test('a session is silent between its utterances, whatever others say', () => {
  expect(silencesOf([said(500, 900), said(100, 300), said(310, 480, 1)], 0, 1_000)).toEqual([
    { from: 0, to: 100 },
    { from: 300, to: 500 },
    { from: 900, to: 1_000 },
    { from: 0, to: 310 },
    { from: 480, to: 1_000 },
  ]);
});

test('a fault is blamed for the longest silence and gap until the next one, and for what was bought', () => {
  const [first, second] = seams({
    startedAt: 0,
    endedAt: 60_000,
    hits: [
      { fault: 'redis-frozen', target: 'redis', from: 10_000, until: 12_000 },
      { fault: 'worker-killed', target: 'worker-1', from: 20_000, until: 21_000 },
    ],
    said: [said(0, 11_000), said(13_000, 20_500), said(27_000, 60_000)],
    vendorSessionsOpenedAt: [1_000, 26_000, 59_000],
    gaps: [(from) => ({ videoMs: from, audioMs: 0, frameGapMs: 0 })],
  });
  expect(first).toMatchObject({
    atMs: 10_000,
    silenceMs: 2_000,
    pictureGapMs: 10_000,
    vendorSessionsOpened: 0,
  });
  expect(second).toMatchObject({ lastsMs: 1_000, silenceMs: 6_500, vendorSessionsOpened: 1 });
});
