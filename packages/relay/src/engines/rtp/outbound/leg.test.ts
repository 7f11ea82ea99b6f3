import { parseRtcp } from '@avatar-bridge/livekit-rtp';
import { expect, test } from 'vitest';
import { Leg } from './leg.ts';
import {
  audioPacket,
  bench,
  inletOf,
  labelOf,
  numbersOf,
  OPUS,
  paddingPacket,
  videoLeg,
  videoPacket,
} from '../../../../test/packets.ts';

test('the first packets wait for a key frame, for some seconds', () => {
  const { inlet, sent, feedback } = bench();
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0 }), 0);
  expect(sent).toEqual([]);
  inlet.onTimer(50);
  expect(feedback.flatMap((packet) => parseRtcp(packet))).toMatchObject([{ type: 'pli' }]);
  inlet.receive(videoPacket({ sequenceNumber: 2, timestamp: 3000, keyFrame: true }), 100);
  expect(sent).toHaveLength(1);

  const impatient = bench();
  impatient.inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0 }), 0);
  impatient.inlet.receive(videoPacket({ sequenceNumber: 2, timestamp: 3100 * 90 }), 3100);
  expect(impatient.sent).toHaveLength(1);
});

test('a second source takes over at its key frame while the first goes on; numbers and timestamps continue', () => {
  const { leg, inlet, sent } = bench({ firstSequenceNumber: 9 });
  const second = inletOf();
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, keyFrame: true, label: 1 }), 0);
  leg.bind(second.inlet, 10);
  second.inlet.receive(videoPacket({ sequenceNumber: 7000, timestamp: 888_888, ssrc: 5, label: 2 }), 20);
  inlet.receive(videoPacket({ sequenceNumber: 2, timestamp: 3000, label: 3 }), 33);
  second.inlet.receive(
    videoPacket({ sequenceNumber: 7001, timestamp: 891_888, ssrc: 5, keyFrame: true, label: 4 }),
    66,
  );
  inlet.receive(videoPacket({ sequenceNumber: 3, timestamp: 6000, label: 5 }), 67);
  second.inlet.receive(videoPacket({ sequenceNumber: 7002, timestamp: 894_888, ssrc: 5, label: 6 }), 100);
  expect(sent.map(labelOf)).toEqual([1, 3, 4, 6]);
  expect(numbersOf(sent)).toEqual([9, 10, 11, 12]);
  const timestamps = sent.map((packet) => packet.readUInt32BE(4));
  expect(timestamps.map((timestamp) => (timestamp - timestamps[0]!) | 0)).toEqual([
    0,
    3000,
    3000 + 33 * 90,
    3000 + 33 * 90 + 3000,
  ]);
  expect(leg.stats.switches).toBe(1);
  expect(leg.source).toBe(second.inlet);
});

test('a source that returns after a pause continues at the time that has passed', () => {
  const { leg, inlet, sent } = bench();
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 4_000_000_000, keyFrame: true }), 0);
  leg.unbind(inlet);
  const returned = inletOf();
  leg.bind(returned.inlet, 5000);
  returned.inlet.receive(
    videoPacket({ sequenceNumber: 60_000, timestamp: 17, ssrc: 8, keyFrame: true }),
    8000,
  );
  expect((sent[1]!.readUInt32BE(4) - sent[0]!.readUInt32BE(4)) | 0).toBe(8000 * 90);
  expect((sent[1]!.readUInt16BE(2) - sent[0]!.readUInt16BE(2)) & 0xffff).toBe(1);
});

test('a new source does not fall behind a picture that padding had overtaken', () => {
  const { inlet, sent } = bench();
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, keyFrame: true }), 0);
  inlet.receive(paddingPacket({ sequenceNumber: 3, timestamp: 9000 }), 1);
  inlet.receive(videoPacket({ sequenceNumber: 2, timestamp: 9000 }), 2);
  inlet.receive(videoPacket({ sequenceNumber: 500, timestamp: 77, ssrc: 9, keyFrame: true }), 20);
  const steps = sent.map((packet) => (packet.readUInt32BE(4) - sent[0]!.readUInt32BE(4)) | 0);
  expect(steps).toEqual([0, 9000, 9000 + 20 * 90]);
});

test('timestamps that jump within a stream are brought back to the clock', () => {
  const { inlet, sent } = bench();
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 1_000_000, keyFrame: true }), 0);
  inlet.receive(videoPacket({ sequenceNumber: 2, timestamp: 3_000_000_000 }), 40);
  inlet.receive(videoPacket({ sequenceNumber: 3, timestamp: 3_000_003_000 }), 73);
  const steps = sent.map((packet) => (packet.readUInt32BE(4) - sent[0]!.readUInt32BE(4)) | 0);
  expect(steps).toEqual([0, 3600, 6600]);
});

test('a frame counts whose last packet was overtaken', () => {
  const { inlet, leg } = bench();
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, keyFrame: true }), 0);
  inlet.receive(videoPacket({ sequenceNumber: 3, timestamp: 3000, marker: true }), 33);
  inlet.receive(videoPacket({ sequenceNumber: 2, timestamp: 0, marker: true }), 34);
  inlet.receive(videoPacket({ sequenceNumber: 2, timestamp: 0, marker: true }), 35);
  expect(leg.stats.frames).toBe(2);
});

test('a break in the numbers of a stream leaves one out and asks for a key frame', () => {
  const { inlet, sent, feedback } = bench({ firstSequenceNumber: 50 });
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, keyFrame: true }), 0);
  feedback.length = 0;
  inlet.receive(videoPacket({ sequenceNumber: 20_000, timestamp: 3000 }), 600);
  expect(numbersOf(sent)).toEqual([50, 52]);
  expect(feedback.flatMap((packet) => parseRtcp(packet))).toMatchObject([{ type: 'pli' }]);
});

test('the first packet is told when the transport takes it', () => {
  const firsts: number[] = [];
  const { leg, transport } = videoLeg({ onFirstPacket: (now) => firsts.push(now) });
  const { inlet } = inletOf();
  leg.bind(inlet, 0);
  transport.open = false;
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, keyFrame: true }), 10);
  transport.open = true;
  inlet.receive(videoPacket({ sequenceNumber: 2, timestamp: 0 }), 20);
  inlet.receive(videoPacket({ sequenceNumber: 3, timestamp: 0 }), 30);
  expect(firsts).toEqual([20]);
  expect(leg.stats).toMatchObject({ unsent: 1, packets: 2 });
});

test('audio needs no key frame, and a DTX frame means that it rests', () => {
  const sent: Buffer[] = [];
  const output = {
    ssrc: 77,
    payloadType: 111,
    clockRate: 48_000,
    send: (packet: Buffer) => sent.push(packet) > 0,
  };
  const leg = new Leg({ kind: 'audio', mimeType: 'audio/opus', output, epoch: 0, onFirstPacket: () => {} });
  const { inlet } = inletOf({ kind: 'audio', mimeType: 'audio/opus', codecs: [OPUS] });
  leg.bind(inlet, 0);
  inlet.receive(audioPacket({ sequenceNumber: 1, timestamp: 0 }), 0);
  expect(leg.resting).toBe(false);
  inlet.receive(audioPacket({ sequenceNumber: 2, timestamp: 960 }, Buffer.from([0xf8])), 20);
  expect(leg.resting).toBe(true);
  expect(sent).toHaveLength(2);
});

test('what waited in the queue of a server that stood still is left out without a hole; the picture goes on at a key frame, the clock as before', () => {
  const { inlet, leg, sent, feedback } = bench({ firstSequenceNumber: 10 });
  const frame = (index: number, keyFrame = false): Buffer =>
    videoPacket({ sequenceNumber: index, timestamp: index * 3000, marker: true, keyFrame, label: index });
  inlet.receive(frame(0, true), 0);
  inlet.receive(frame(1), 33);
  feedback.length = 0;
  // Eight seconds later: the first three seconds at once, nothing of the next ones, then live packets.
  for (let index = 2; index < 90; index++) inlet.receive(frame(index, index % 30 === 0), 8000 + index / 10);
  inlet.receive(frame(1), 8009);
  expect(sent.map(labelOf)).toEqual([0, 1]);
  expect(feedback.flatMap((packet) => parseRtcp(packet)).map(({ type }) => type)).toEqual(['pli']);
  inlet.receive(frame(240), 8010);
  inlet.receive(frame(239), 8011);
  inlet.receive(frame(241), 8033);
  expect(sent).toHaveLength(2);
  inlet.receive(frame(242, true), 8066);
  inlet.receive(frame(243), 8100);
  expect(sent.map(labelOf)).toEqual([0, 1, 242, 243]);
  expect(numbersOf(sent)).toEqual([10, 11, 12, 13]);
  expect(sent.map((packet) => (packet.readUInt32BE(4) - sent[0]!.readUInt32BE(4)) | 0)).toEqual([
    0,
    3000,
    242 * 3000,
    243 * 3000,
  ]);
  expect(leg.stats.switches).toBe(0);
  inlet.onTimer(8200);
  expect(inlet.stats()).toMatchObject({ nacks: 0, refused: 88 });
});
