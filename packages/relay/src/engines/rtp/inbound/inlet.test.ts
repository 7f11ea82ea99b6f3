import { buildRtpPacket, buildSenderReport, parseRtcp } from '@avatar-bridge/livekit-rtp';
import type { RtpHeader } from '@avatar-bridge/livekit-rtp';
import { expect, test } from 'vitest';
import type { Inlet, InletSink } from './inlet.ts';
import { inletOf, labelOf, videoPacket, VP8_RTX } from '../../../../test/packets.ts';

type Forwarded = { label: number; sequenceNumber: number; newest: boolean; ssrc: number };

function sinkOf(inlet: Inlet): { packets: Forwarded[]; reports: number } {
  const seen = { packets: [] as Forwarded[], reports: 0 };
  inlet.sink = {
    forward: (_inlet: Inlet, packet: Buffer, header: RtpHeader, _sequence: number, newest: boolean) =>
      void seen.packets.push({
        label: labelOf(packet),
        sequenceNumber: header.sequenceNumber,
        newest,
        ssrc: header.ssrc,
      }),
    senderReport: () => void seen.reports++,
  } satisfies InletSink;
  return seen;
}

test('an RTX packet becomes the packet it repeats', () => {
  const { inlet } = inletOf();
  const { packets } = sinkOf(inlet);
  inlet.receive(videoPacket({ sequenceNumber: 10, timestamp: 0, label: 10 }), 0);
  inlet.receive(videoPacket({ sequenceNumber: 12, timestamp: 0, label: 12 }), 1);
  const lost = videoPacket({ sequenceNumber: 11, timestamp: 0, label: 11 });
  const payload = Buffer.concat([Buffer.from([0, 11]), lost.subarray(12)]);
  inlet.onTimer(20);
  inlet.receive(
    buildRtpPacket(
      { payloadType: VP8_RTX.payloadType, ssrc: 99, sequenceNumber: 4000, timestamp: 0 },
      payload,
    ),
    30,
  );
  expect(packets).toEqual([
    { label: 10, sequenceNumber: 10, newest: true, ssrc: 1 },
    { label: 12, sequenceNumber: 12, newest: true, ssrc: 1 },
    { label: 11, sequenceNumber: 11, newest: false, ssrc: 1 },
  ]);
  expect(inlet.stats()).toMatchObject({ repaired: 1, lost: 0 });
});

test('an RTX packet that only probes the bandwidth is nothing', () => {
  const { inlet } = inletOf();
  const { packets } = sinkOf(inlet);
  inlet.receive(videoPacket({ sequenceNumber: 10, timestamp: 0 }), 0);
  const probe = buildRtpPacket(
    { payloadType: 97, ssrc: 99, sequenceNumber: 1, timestamp: 0 },
    Buffer.from([0, 0, 0, 4]),
  );
  probe[0] = 0xa0;
  inlet.receive(probe, 1);
  expect(packets).toHaveLength(1);
});

test('payload types that were not negotiated, and what is no packet at all, are refused', () => {
  const { inlet } = inletOf();
  const { packets } = sinkOf(inlet);
  inlet.receive(
    buildRtpPacket({ payloadType: 63, ssrc: 1, sequenceNumber: 1, timestamp: 0 }, Buffer.alloc(4)),
    0,
  );
  inlet.receive(Buffer.from('nonsense'), 0);
  inlet.receive(Buffer.alloc(0), 0);
  expect(packets).toEqual([]);
  expect(inlet.stats().refused).toBe(3);
});

test('once another SSRC has begun, the former one is ignored', () => {
  const { inlet } = inletOf();
  const { packets } = sinkOf(inlet);
  inlet.receive(videoPacket({ sequenceNumber: 10, timestamp: 0, ssrc: 1 }), 0);
  inlet.receive(videoPacket({ sequenceNumber: 500, timestamp: 0, ssrc: 2 }), 100);
  inlet.receive(videoPacket({ sequenceNumber: 11, timestamp: 0, ssrc: 1 }), 101);
  inlet.receive(videoPacket({ sequenceNumber: 501, timestamp: 0, ssrc: 2 }), 102);
  expect(packets.map((packet) => packet.ssrc)).toEqual([1, 2, 2]);
  expect(inlet.generation).toBe(2);
});

test('reports tell the server what arrived and that there is room for more', () => {
  const { inlet, feedback } = inletOf();
  const seen = sinkOf(inlet);
  inlet.sendReport(0);
  expect(feedback).toEqual([]);
  inlet.receive(videoPacket({ sequenceNumber: 5, timestamp: 0 }), 0);
  const report = {
    ntpSeconds: 0x11112222,
    ntpFraction: 0x33334444,
    rtpTimestamp: 90,
    packetCount: 1,
    octetCount: 1,
  };
  inlet.receive(buildSenderReport({ ssrc: 1, ...report }), 500);
  inlet.receive(buildSenderReport({ ssrc: 77, ...report }), 500);
  inlet.sendReport(1000);
  expect(seen.reports).toBe(1);
  const [rr, remb] = parseRtcp(feedback[0]!);
  expect(rr).toMatchObject({
    type: 'rr',
    reports: [
      { ssrc: 1, highestSequence: 5, lastSenderReport: 0x22223333, delaySinceLastSenderReport: 0x8000 },
    ],
  });
  expect(remb).toMatchObject({ type: 'remb', ssrcs: [1] });
  expect(remb).toHaveProperty('bitrate', expect.closeTo(50_000_000, -3));
});
