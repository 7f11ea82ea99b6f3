import {
  buildFir,
  buildNack,
  buildPli,
  buildReceiverReport,
  buildSenderReport,
  ntpOf,
  parseRtcp,
  parseRtpHeader,
} from '@avatar-bridge/livekit-rtp';
import { expect, test } from 'vitest';
import { Leg } from './leg.ts';
import { SourceClock } from './source-clock.ts';
import {
  audioPacket,
  bench,
  inletOf,
  labelOf,
  OPUS,
  OUT_SSRC,
  OUT_TYPE,
  paddingPacket,
  videoLeg,
  videoPacket,
} from '../../test/packets.ts';

const numbersOf = (sent: Buffer[]): number[] => sent.map((packet) => packet.readUInt16BE(2));
const isReport = (packet: Buffer): boolean => packet[1] === 200;

test('extensions and CSRCs are left out, marker and payload stay', () => {
  const { inlet, sent } = bench();
  const plain = videoPacket({ sequenceNumber: 1, timestamp: 5, keyFrame: true, marker: true, label: 42 });
  const extension = Buffer.from('deadbeefbede0001aabbccdd', 'hex');
  const packet = Buffer.concat([plain.subarray(0, 12), extension, plain.subarray(12)]);
  packet[0] = 0x91;
  inlet.receive(packet, 0);
  expect(parseRtpHeader(sent[0]!)).toMatchObject({ marker: true, ssrc: OUT_SSRC, payloadType: OUT_TYPE, headerLength: 12 });
  expect(sent[0]!.subarray(12)).toEqual(plain.subarray(12));
});

test('padding behind a payload is cut off, packets of padding alone are left out without a hole', () => {
  const { inlet, leg, sent } = bench({ firstSequenceNumber: 100 });
  const padded = Buffer.concat([videoPacket({ sequenceNumber: 1, timestamp: 0, keyFrame: true, label: 1 }), Buffer.from([0, 0, 3])]);
  padded[0] = 0xa0;
  inlet.receive(padded, 0);
  inlet.receive(paddingPacket({ sequenceNumber: 2, timestamp: 0 }), 1);
  inlet.receive(paddingPacket({ sequenceNumber: 3, timestamp: 0 }), 2);
  inlet.receive(videoPacket({ sequenceNumber: 4, timestamp: 3000, label: 4 }), 3);
  expect(numbersOf(sent)).toEqual([100, 101]);
  expect(sent.map(labelOf)).toEqual([1, 4]);
  expect(leg.stats).toMatchObject({ packets: 2, padding: 2 });
});

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
  impatient.inlet.receive(videoPacket({ sequenceNumber: 2, timestamp: 0 }), 3100);
  expect(impatient.sent).toHaveLength(1);
});

test('a second source takes over at its key frame while the first goes on; numbers and timestamps continue', () => {
  const { leg, inlet, sent } = bench({ firstSequenceNumber: 9 });
  const second = inletOf();
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, keyFrame: true, label: 1 }), 0);
  leg.bind(second.inlet, 10);
  second.inlet.receive(videoPacket({ sequenceNumber: 7000, timestamp: 888_888, ssrc: 5, label: 2 }), 20);
  inlet.receive(videoPacket({ sequenceNumber: 2, timestamp: 3000, label: 3 }), 33);
  second.inlet.receive(videoPacket({ sequenceNumber: 7001, timestamp: 891_888, ssrc: 5, keyFrame: true, label: 4 }), 66);
  inlet.receive(videoPacket({ sequenceNumber: 3, timestamp: 6000, label: 5 }), 67);
  second.inlet.receive(videoPacket({ sequenceNumber: 7002, timestamp: 894_888, ssrc: 5, label: 6 }), 100);
  expect(sent.map(labelOf)).toEqual([1, 3, 4, 6]);
  expect(numbersOf(sent)).toEqual([9, 10, 11, 12]);
  const timestamps = sent.map((packet) => packet.readUInt32BE(4));
  expect(timestamps.map((timestamp) => (timestamp - timestamps[0]!) | 0)).toEqual([0, 3000, 3000 + 33 * 90, 3000 + 33 * 90 + 3000]);
  expect(leg.stats.switches).toBe(1);
  expect(leg.source).toBe(second.inlet);
});

test('a source that returns after a pause continues at the time that has passed', () => {
  const { leg, inlet, sent } = bench();
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 4_000_000_000, keyFrame: true }), 0);
  leg.unbind(inlet);
  const returned = inletOf();
  leg.bind(returned.inlet, 5000);
  returned.inlet.receive(videoPacket({ sequenceNumber: 60_000, timestamp: 17, ssrc: 8, keyFrame: true }), 8000);
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

test('a break in the numbers of a stream leaves one out and asks for a key frame', () => {
  const { inlet, sent, feedback } = bench({ firstSequenceNumber: 50 });
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, keyFrame: true }), 0);
  feedback.length = 0;
  inlet.receive(videoPacket({ sequenceNumber: 20_000, timestamp: 3000 }), 600);
  expect(numbersOf(sent)).toEqual([50, 52]);
  expect(feedback.flatMap((packet) => parseRtcp(packet))).toMatchObject([{ type: 'pli' }]);
});

test('sender reports are translated: audio and video keep their relation, counts are our own', () => {
  const clock = new SourceClock();
  const { leg, reports } = videoLeg({ epoch: 1_700_000_000_000, timestampOffset: 1000 });
  const { inlet } = inletOf({ clock });
  leg.bind(inlet, 0);
  const audio: Buffer[] = [];
  const audioOutput = { ssrc: 77, payloadType: 111, clockRate: 48_000, send: (packet: Buffer) => audio.push(Buffer.from(packet)) > 0 };
  const audioLeg = new Leg({
    kind: 'audio',
    mimeType: 'audio/opus',
    output: audioOutput,
    epoch: 1_700_000_000_000,
    onFirstPacket: () => {},
  });
  const audioInlet = inletOf({ kind: 'audio', mimeType: 'audio/opus', codecs: [OPUS], clock }).inlet;
  audioLeg.bind(audioInlet, 0);

  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 90_000, keyFrame: true }), 0);
  audioInlet.receive(audioPacket({ sequenceNumber: 1, timestamp: 48_000 }), 0);
  const counts = { packetCount: 9999, octetCount: 9999 };
  inlet.receive(buildSenderReport({ ssrc: 1, ...ntpOf(5_000_000), rtpTimestamp: 90_000, ...counts }), 10);
  audioInlet.receive(buildSenderReport({ ssrc: 2, ...ntpOf(5_000_250), rtpTimestamp: 60_000, ...counts }), 300);

  const [videoReport] = parseRtcp(reports[0]!);
  const [audioReport] = parseRtcp(audio.find(isReport)!);
  expect(videoReport).toMatchObject({ type: 'sr', ssrc: OUT_SSRC, rtpTimestamp: 91_000, packetCount: 1, octetCount: 6, reports: [] });
  expect(videoReport).toMatchObject({ ntpSeconds: ntpOf(1_700_000_000_010).ntpSeconds });
  expect(audioReport).toMatchObject({ type: 'sr', ssrc: 77, packetCount: 1, octetCount: 20 });
  const ms = (report: unknown): number => {
    const { ntpSeconds, ntpFraction } = report as { ntpSeconds: number; ntpFraction: number };
    return ntpSeconds * 1000 + (ntpFraction / 2 ** 32) * 1000;
  };
  expect(ms(audioReport) - ms(videoReport)).toBeCloseTo(250, 0);
});

test('after a change of source the reports go on forwards, whatever the clock of the new one', () => {
  const { leg, inlet, reports } = bench();
  const report = (ssrc: number, ms: number) => buildSenderReport({ ssrc, ...ntpOf(ms), rtpTimestamp: 0, packetCount: 0, octetCount: 0 });
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, keyFrame: true }), 0);
  inlet.receive(report(1, 9_000_000), 100);
  inlet.receive(report(1, 8_000_000), 150);
  const second = inletOf();
  leg.bind(second.inlet, 200);
  second.inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, ssrc: 3, keyFrame: true }), 300);
  second.inlet.receive(report(3, 1_000), 400);
  const times = reports.map((packet) => packet.readUInt32BE(8) + packet.readUInt32BE(12) / 2 ** 32);
  // One with the first packet of the new source, whose timestamps are others.
  expect(times).toHaveLength(3);
  expect(times[1]! - times[0]!).toBeCloseTo(0.2, 2);
  expect(times[2]! - times[0]!).toBeCloseTo(0.3, 2);
});

test('what the stage misses is sent again from memory, byte for byte', () => {
  const { leg, inlet, sent } = bench({ firstSequenceNumber: 65_535 });
  for (let index = 0; index < 5; index++) {
    inlet.receive(videoPacket({ sequenceNumber: index, timestamp: 0, keyFrame: index === 0, label: index }), index);
  }
  const before = [...sent];
  leg.onStageRtcp(buildNack(9, OUT_SSRC, [65_535, 1, 2, 500]), 10);
  expect(sent.slice(5)).toEqual([before[0], before[2], before[3]]);
  expect(leg.stats).toMatchObject({ nacks: 4, resent: 3, packets: 5 });
});

test('key frames wanted by the stage are asked of the source, not more than twice a second', () => {
  const { leg, inlet, feedback, wakes } = bench();
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, keyFrame: true }), 0);
  feedback.length = 0;
  for (const now of [1000, 1100, 1200]) leg.onStageRtcp(buildPli(9, OUT_SSRC), now);
  expect(feedback.flatMap((packet) => parseRtcp(packet))).toMatchObject([{ type: 'pli', mediaSsrc: 1 }]);
  inlet.receive(videoPacket({ sequenceNumber: 2, timestamp: 3000, keyFrame: true }), 1250);
  leg.onStageRtcp(buildPli(9, OUT_SSRC), 1300);
  expect(feedback).toHaveLength(1);
  expect(wakes.length).toBeGreaterThan(0);
  inlet.onTimer(1500);
  expect(feedback).toHaveLength(2);
  expect(leg.stats).toMatchObject({ plis: 4, keyFrames: 2 });
});

test('feedback about another track of the connection is none of ours', () => {
  const { leg, inlet, sent, feedback } = bench({ firstSequenceNumber: 1 });
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, keyFrame: true }), 0);
  feedback.length = 0;
  leg.onStageRtcp(Buffer.concat([buildPli(9, 4711), buildFir(9, 4711, 1), buildNack(9, 4711, [1])]), 1000);
  expect(feedback).toEqual([]);
  expect(sent).toHaveLength(1);
  leg.onStageRtcp(Buffer.concat([buildPli(9, 4711), buildFir(9, OUT_SSRC, 1), buildNack(9, OUT_SSRC, [1])]), 1000);
  expect(feedback).toHaveLength(1);
  expect(sent).toHaveLength(2);
});

test('the stage tells what it did not get', () => {
  const { leg } = bench();
  const block = {
    ssrc: OUT_SSRC,
    fractionLost: 64,
    cumulativeLost: 12,
    highestSequence: 0,
    jitter: 0,
    lastSenderReport: 0,
    delaySinceLastSenderReport: 0,
  };
  leg.onStageRtcp(buildReceiverReport(1, [block]), 0);
  expect(leg.stats).toMatchObject({ stageFractionLost: 0.25, stageLost: 12 });
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
  const output = { ssrc: 77, payloadType: 111, clockRate: 48_000, send: (packet: Buffer) => sent.push(packet) > 0 };
  const leg = new Leg({ kind: 'audio', mimeType: 'audio/opus', output, epoch: 0, onFirstPacket: () => {} });
  const { inlet } = inletOf({ kind: 'audio', mimeType: 'audio/opus', codecs: [OPUS] });
  leg.bind(inlet, 0);
  inlet.receive(audioPacket({ sequenceNumber: 1, timestamp: 0 }), 0);
  expect(leg.resting).toBe(false);
  inlet.receive(audioPacket({ sequenceNumber: 2, timestamp: 960 }, Buffer.from([0xf8])), 20);
  expect(leg.resting).toBe(true);
  expect(sent).toHaveLength(2);
});
