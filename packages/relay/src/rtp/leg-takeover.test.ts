import { buildPli, buildSenderReport, isRtcp, ntpOf, parseRtcp } from '@avatar-bridge/livekit-rtp';
import { expect, test } from 'vitest';
import { bench, inletOf, labelOf, OUT_SSRC, videoPacket } from '../../test/packets.ts';
import type { VideoFields } from '../../test/packets.ts';

const numbersOf = (sent: Buffer[]): number[] => sent.map((packet) => packet.readUInt16BE(2));
const timesOf = (sent: Buffer[]): number[] => sent.map((packet) => ((packet.readUInt32BE(4) - sent[0]!.readUInt32BE(4)) | 0) / 90);
const pli = buildPli(9, OUT_SSRC);

/** A bench whose source has sent a key frame of two packets and a picture after it, the last of them at 40 ms. */
function afterPicture(): ReturnType<typeof bench> {
  const all = bench({ firstSequenceNumber: 10 });
  all.inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, keyFrame: true, label: 1 }), 0);
  all.inlet.receive(videoPacket({ sequenceNumber: 2, timestamp: 0, marker: true, label: 2 }), 1);
  all.inlet.receive(videoPacket({ sequenceNumber: 3, timestamp: 3600, marker: true, label: 3 }), 40);
  return all;
}

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
  returned.receive(videoPacket({ sequenceNumber: 700, timestamp: 5, ssrc: 4, keyFrame: true, marker: true, label: 7 }), 2040);
  expect(numbersOf(sent).at(-1)).toBe(17);
  expect(timesOf(sent).at(-1)).toBe(2040);
  expect(leg.stats.switches).toBe(1);
});

test('after the repeated key frame the same source has to begin with one of its own', () => {
  const { leg, inlet, sent, feedback } = afterPicture();
  const receive = (fields: VideoFields, now: number): void => inlet.receive(videoPacket({ marker: true, ...fields }), now);
  leg.onStageRtcp(pli, 1040);
  expect(sent.slice(3).map(labelOf)).toEqual([1, 2]);
  feedback.length = 0;
  receive({ sequenceNumber: 5, timestamp: 99_000, label: 5 }, 6000);
  // What was late before the repetition has no place any more.
  receive({ sequenceNumber: 4, timestamp: 96_000, label: 4 }, 6001);
  receive({ sequenceNumber: 6, timestamp: 102_000, label: 6 }, 6033);
  expect(sent).toHaveLength(5);
  expect(feedback.flatMap((packet) => parseRtcp(packet)).map(({ type }) => type)).toContain('pli');
  receive({ sequenceNumber: 7, timestamp: 105_000, keyFrame: true, label: 7 }, 6066);
  receive({ sequenceNumber: 8, timestamp: 108_000, label: 8 }, 6099);
  expect(sent.map(labelOf)).toEqual([1, 2, 3, 1, 2, 7, 8]);
  expect(numbersOf(sent)).toEqual([10, 11, 12, 13, 14, 15, 16]);
  expect(timesOf(sent).slice(3)).toEqual([1040, 1040, 6066, 6066 + 3000 / 90]);
  expect(leg.stats).toMatchObject({ switches: 0, keyFrames: 2, keyFramesRepeated: 1 });
});

test('a source whose packets come after the repetition without any key frame is passed on after some seconds', () => {
  const { leg, inlet, sent } = afterPicture();
  leg.onStageRtcp(pli, 10_000);
  inlet.receive(videoPacket({ sequenceNumber: 4, timestamp: 7200, label: 4 }), 20_000);
  inlet.receive(videoPacket({ sequenceNumber: 5, timestamp: 10_800, label: 5 }), 22_900);
  expect(sent).toHaveLength(5);
  inlet.receive(videoPacket({ sequenceNumber: 6, timestamp: 14_400, label: 6 }), 23_100);
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

test('a source that takes over in the middle of a frame waits for its end', () => {
  const { leg, inlet, sent } = afterPicture();
  const next = inletOf().inlet;
  leg.bind(next, 50);
  inlet.receive(videoPacket({ sequenceNumber: 4, timestamp: 7200, label: 4 }), 80);
  next.receive(videoPacket({ sequenceNumber: 70, timestamp: 0, ssrc: 4, keyFrame: true, label: 70 }), 81);
  next.receive(videoPacket({ sequenceNumber: 71, timestamp: 0, ssrc: 4, marker: true, label: 71 }), 82);
  expect(labelOf(sent.at(-1)!)).toBe(4);
  inlet.receive(videoPacket({ sequenceNumber: 5, timestamp: 7200, marker: true, label: 5 }), 83);
  next.receive(videoPacket({ sequenceNumber: 72, timestamp: 3000, ssrc: 4, marker: true, label: 72 }), 115);
  inlet.receive(videoPacket({ sequenceNumber: 6, timestamp: 10_800, marker: true, label: 6 }), 116);
  expect(sent.slice(3).map(labelOf)).toEqual([4, 5, 70, 71, 72]);
  expect(numbersOf(sent)).toEqual([10, 11, 12, 13, 14, 15, 16, 17]);
});

test('a frame that does not end, or whose source is gone, is not waited for', () => {
  for (const gone of [true, false]) {
    const { leg, inlet, sent } = afterPicture();
    const next = inletOf().inlet;
    leg.bind(next, 50);
    inlet.receive(videoPacket({ sequenceNumber: 4, timestamp: 7200, label: 4 }), 80);
    next.receive(videoPacket({ sequenceNumber: 70, timestamp: 0, ssrc: 4, keyFrame: true, label: 70 }), 81);
    if (gone) leg.unbind(inlet);
    next.receive(videoPacket({ sequenceNumber: 71, timestamp: 0, ssrc: 4, marker: true, label: 71 }), gone ? 82 : 101);
    expect(sent.slice(3).map(labelOf)).toEqual([4, 70, 71]);
    expect(numbersOf(sent)).toEqual([10, 11, 12, 13, 14, 15]);
  }
});

test('with a new source the stage is told at once what its timestamps mean', () => {
  const timestampOf = (packet: Buffer): number => packet.readUInt32BE(isRtcp(packet) ? 16 : 4);
  const msOf = (packet: Buffer): number => packet.readUInt32BE(8) * 1000 + (packet.readUInt32BE(12) * 1000) / 2 ** 32;
  const { leg, inlet, sent, reports } = bench();
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, keyFrame: true, marker: true }), 0);
  const [known, unknown] = [inletOf().inlet, inletOf().inlet];
  // Timestamp 900 was at 510 ms on our clock: so the key frame, 90 ms later, was made at 600 ms.
  known.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, ssrc: 4 }), 510);
  known.receive(buildSenderReport({ ssrc: 4, ...ntpOf(0), rtpTimestamp: 900, packetCount: 1, octetCount: 1 }), 510);
  leg.bind(known, 600);
  known.receive(videoPacket({ sequenceNumber: 2, timestamp: 9000, ssrc: 4, keyFrame: true, marker: true }), 650);
  // 50 ms from being made to being here.
  expect(((timestampOf(reports[0]!) - timestampOf(sent.at(-1)!)) | 0) / 90).toBeCloseTo(50, 1);
  leg.bind(unknown, 700);
  unknown.receive(videoPacket({ sequenceNumber: 9, timestamp: 77, ssrc: 5, keyFrame: true, marker: true }), 800);
  expect(timestampOf(reports[1]!)).toBe(timestampOf(sent.at(-1)!));
  expect(msOf(reports[1]!) - msOf(reports[0]!)).toBeCloseTo(150, 0);
});
