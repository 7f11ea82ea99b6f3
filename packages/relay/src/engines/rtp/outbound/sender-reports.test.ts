import { buildSenderReport, isRtcp, ntpOf, parseRtcp } from '@avatar-bridge/livekit-rtp';
import { expect, test } from 'vitest';
import { Leg } from './leg.ts';
import { SourceClock } from '../inbound/source-clock.ts';
import {
  audioPacket,
  bench,
  inletOf,
  OPUS,
  OUT_SSRC,
  videoLeg,
  videoPacket,
} from '../../../../test/packets.ts';

test('sender reports are translated: audio and video keep their relation, counts are our own', () => {
  const clock = new SourceClock();
  const { leg, reports } = videoLeg({ epoch: 1_700_000_000_000, timestampOffset: 1000 });
  const { inlet } = inletOf({ clock });
  leg.bind(inlet, 0);
  const audio: Buffer[] = [];
  const audioOutput = {
    ssrc: 77,
    payloadType: 111,
    clockRate: 48_000,
    send: (packet: Buffer) => audio.push(Buffer.from(packet)) > 0,
  };
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
  audioInlet.receive(
    buildSenderReport({ ssrc: 2, ...ntpOf(5_000_250), rtpTimestamp: 60_000, ...counts }),
    300,
  );

  const [videoReport] = parseRtcp(reports[0]!);
  const [audioReport] = parseRtcp(audio.find(isRtcp)!);
  expect(videoReport).toMatchObject({
    type: 'sr',
    ssrc: OUT_SSRC,
    rtpTimestamp: 91_000,
    packetCount: 1,
    octetCount: 6,
    reports: [],
  });
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
  const report = (ssrc: number, ms: number) =>
    buildSenderReport({ ssrc, ...ntpOf(ms), rtpTimestamp: 0, packetCount: 0, octetCount: 0 });
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

test('with a new source the stage is told at once what its timestamps mean', () => {
  const timestampOf = (packet: Buffer): number => packet.readUInt32BE(isRtcp(packet) ? 16 : 4);
  const msOf = (packet: Buffer): number =>
    packet.readUInt32BE(8) * 1000 + (packet.readUInt32BE(12) * 1000) / 2 ** 32;
  const { leg, inlet, sent, reports } = bench();
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, keyFrame: true, marker: true }), 0);
  const [known, unknown] = [inletOf().inlet, inletOf().inlet];
  // Timestamp 900 was at 510 ms on our clock: so the key frame, 90 ms later, was made at 600 ms.
  known.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, ssrc: 4 }), 510);
  known.receive(
    buildSenderReport({ ssrc: 4, ...ntpOf(0), rtpTimestamp: 900, packetCount: 1, octetCount: 1 }),
    510,
  );
  leg.bind(known, 600);
  known.receive(
    videoPacket({ sequenceNumber: 2, timestamp: 9000, ssrc: 4, keyFrame: true, marker: true }),
    650,
  );
  // 50 ms from being made to being here.
  expect(((timestampOf(reports[0]!) - timestampOf(sent.at(-1)!)) | 0) / 90).toBeCloseTo(50, 1);
  leg.bind(unknown, 700);
  unknown.receive(
    videoPacket({ sequenceNumber: 9, timestamp: 77, ssrc: 5, keyFrame: true, marker: true }),
    800,
  );
  expect(timestampOf(reports[1]!)).toBe(timestampOf(sent.at(-1)!));
  expect(msOf(reports[1]!) - msOf(reports[0]!)).toBeCloseTo(150, 0);
});
