import { buildPli, parseRtcp } from '@avatar-bridge/livekit-rtp';
import { expect, test } from 'vitest';
import {
  afterPicture,
  bench,
  inletOf,
  labelOf,
  numbersOf,
  OUT_SSRC,
  videoPacket,
} from '../../../../test/packets.ts';
import type { VideoFields } from '../../../../test/packets.ts';

const timesOf = (sent: Buffer[]): number[] =>
  sent.map((packet) => ((packet.readUInt32BE(4) - sent[0]!.readUInt32BE(4)) | 0) / 90);
const pli = buildPli(9, OUT_SSRC);

test('who asks for a key frame while the source is gone gets the last one, under new numbers and a time of its own', () => {
  const { leg, inlet, sent } = afterPicture();
  leg.unbind(inlet);
  leg.onStageRtcp(pli, 300);
  expect(sent).toHaveLength(3);
  for (const now of [1040, 1200]) leg.onStageRtcp(pli, now);
  expect(sent.map(labelOf)).toEqual([1, 2, 3, 1, 2]);
  // Viewers may not have been ready for the first.
  for (const now of [1230, 1540, 2300]) leg.tick(now);
  expect(sent.map(labelOf)).toEqual([1, 2, 3, 1, 2, 1, 2]);
  expect(numbersOf(sent)).toEqual([10, 11, 12, 13, 14, 15, 16]);
  expect(timesOf(sent)).toEqual([0, 0, 40, 1040, 1040, 1540, 1540]);
  expect(sent.map((packet) => packet[1]! >> 7)).toEqual([0, 1, 1, 0, 1, 0, 1]);
  expect(leg.stats).toMatchObject({ packets: 3, keyFrames: 1, keyFramesRepeated: 2, plis: 3 });

  const returned = inletOf().inlet;
  leg.bind(returned, 2000);
  returned.receive(
    videoPacket({ sequenceNumber: 700, timestamp: 5, ssrc: 4, keyFrame: true, marker: true, label: 7 }),
    2040,
  );
  expect(numbersOf(sent).at(-1)).toBe(17);
  expect(timesOf(sent).at(-1)).toBe(2040);
  expect(leg.stats.switches).toBe(1);
});

test('after the repeated key frame the same source has to begin with one of its own', () => {
  const { leg, inlet, sent, feedback } = afterPicture();
  const receive = (fields: VideoFields, now: number): void =>
    inlet.receive(videoPacket({ marker: true, ...fields }), now);
  leg.onStageRtcp(pli, 1040);
  expect(sent.slice(3).map(labelOf)).toEqual([1, 2]);
  feedback.length = 0;
  receive({ sequenceNumber: 5, timestamp: 540_000, label: 5 }, 6000);
  // What was late before the repetition has no place any more.
  receive({ sequenceNumber: 4, timestamp: 537_000, label: 4 }, 6001);
  receive({ sequenceNumber: 6, timestamp: 543_000, label: 6 }, 6033);
  expect(sent).toHaveLength(5);
  expect(feedback.flatMap((packet) => parseRtcp(packet)).map(({ type }) => type)).toContain('pli');
  receive({ sequenceNumber: 7, timestamp: 546_000, keyFrame: true, label: 7 }, 6066);
  receive({ sequenceNumber: 8, timestamp: 549_000, label: 8 }, 6099);
  expect(sent.map(labelOf)).toEqual([1, 2, 3, 1, 2, 7, 8]);
  expect(numbersOf(sent)).toEqual([10, 11, 12, 13, 14, 15, 16]);
  expect(timesOf(sent).slice(3)).toEqual([1040, 1040, 6066, 6066 + 3000 / 90]);
  expect(leg.stats).toMatchObject({ switches: 0, keyFrames: 2, keyFramesRepeated: 1 });
});

test('a source whose packets come after the repetition without any key frame is passed on after some seconds', () => {
  const { leg, inlet, sent } = afterPicture();
  leg.onStageRtcp(pli, 10_000);
  inlet.receive(videoPacket({ sequenceNumber: 4, timestamp: 1_800_000, label: 4 }), 20_000);
  inlet.receive(videoPacket({ sequenceNumber: 5, timestamp: 2_061_000, label: 5 }), 22_900);
  expect(sent).toHaveLength(5);
  inlet.receive(videoPacket({ sequenceNumber: 6, timestamp: 2_079_000, label: 6 }), 23_100);
  expect(labelOf(sent.at(-1)!)).toBe(6);
});

test('nothing is repeated while the source sends, nor before there was a key frame', () => {
  const { leg, sent } = afterPicture();
  leg.onStageRtcp(pli, 500);
  expect(sent).toHaveLength(3);
  const early = bench();
  early.leg.onStageRtcp(pli, 5000);
  expect(early.sent).toEqual([]);
});
