import { buildRtpPacket, isRtcp } from '@avatar-bridge/livekit-rtp';
import type { Codec } from '@avatar-bridge/livekit-rtp';
import { Inlet } from '../src/engines/rtp/inbound/inlet.ts';
import type { InletOptions } from '../src/engines/rtp/inbound/inlet.ts';
import { Leg } from '../src/engines/rtp/outbound/leg.ts';
import type { LegOptions } from '../src/engines/rtp/outbound/leg.ts';
import { SourceClock } from '../src/engines/rtp/inbound/source-clock.ts';

export const VP8: Codec = { mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 };
export const VP8_RTX: Codec = { mimeType: 'video/rtx', payloadType: 97, clockRate: 90_000, fmtp: 'apt=96' };
export const OPUS: Codec = { mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 };
export const OUT_SSRC = 0xabcdef01;
export const OUT_TYPE = 120;

export type VideoFields = {
  sequenceNumber: number;
  timestamp: number;
  ssrc?: number;
  marker?: boolean;
  keyFrame?: boolean;
  /** Written into the payload, to recognise the packet by. */
  label?: number;
};

/** A VP8 packet: one-byte descriptor, frame header byte, label. */
export function videoPacket(fields: VideoFields): Buffer {
  const payload = Buffer.alloc(6);
  payload[0] = 0x10;
  payload[1] = fields.keyFrame === true ? 0 : 1;
  payload.writeUInt32BE(fields.label ?? 0, 2);
  return buildRtpPacket({ payloadType: VP8.payloadType, ssrc: 1, ...fields }, payload);
}

export function audioPacket(
  fields: { sequenceNumber: number; timestamp: number; ssrc?: number },
  payload = Buffer.alloc(20, 1),
): Buffer {
  return buildRtpPacket({ payloadType: OPUS.payloadType, ssrc: 2, ...fields }, payload);
}

/** A packet that is nothing but `length` bytes of padding. */
export function paddingPacket(
  fields: { sequenceNumber: number; timestamp: number; ssrc?: number },
  length = 8,
): Buffer {
  const padding = Buffer.alloc(length);
  padding[length - 1] = length;
  const packet = buildRtpPacket({ payloadType: VP8.payloadType, ssrc: 1, ...fields }, padding);
  packet[0] = 0xa0;
  return packet;
}

export function labelOf(packet: Buffer): number {
  return packet.readUInt32BE(packet.length - 4);
}

/** The sequence numbers of packets. */
export function numbersOf(packets: readonly Buffer[]): number[] {
  return packets.map((packet) => packet.readUInt16BE(2));
}

export type Bench = {
  leg: Leg;
  sent: Buffer[];
  reports: Buffer[];
  inlet: Inlet;
  feedback: Buffer[];
  wakes: number[];
};

/** A leg that keeps copies of what it sends, media and sender reports; `open` is what its transport says. */
export function videoLeg(
  options: Partial<LegOptions> = {},
): Pick<Bench, 'leg' | 'sent' | 'reports'> & { transport: { open: boolean } } {
  const sent: Buffer[] = [];
  const reports: Buffer[] = [];
  const transport = { open: true };
  const leg = new Leg({
    kind: 'video',
    mimeType: 'video/vp8',
    output: {
      ssrc: OUT_SSRC,
      payloadType: OUT_TYPE,
      clockRate: 90_000,
      send(packet) {
        if (transport.open) (isRtcp(packet) ? reports : sent).push(Buffer.from(packet));
        return transport.open;
      },
    },
    epoch: 1_700_000_000_000,
    onFirstPacket: () => {},
    ...options,
  });
  return { leg, sent, reports, transport };
}

/** An inlet that keeps what it tells its server, and when it wants to be called. */
export function inletOf(options: Partial<InletOptions> = {}): {
  inlet: Inlet;
  feedback: Buffer[];
  wakes: number[];
} {
  const feedback: Buffer[] = [];
  const wakes: number[] = [];
  const inlet = new Inlet({
    kind: 'video',
    mimeType: 'video/vp8',
    codecs: [VP8, VP8_RTX],
    clock: new SourceClock(),
    sendRtcp: (packet) => void feedback.push(packet),
    schedule: (delay) => void wakes.push(delay),
    ...options,
  });
  return { inlet, feedback, wakes };
}

/** A video leg with one source bound. */
export function bench(options: Partial<LegOptions> = {}): Bench {
  const { leg, sent, reports } = videoLeg(options);
  const source = inletOf();
  leg.bind(source.inlet, 0);
  return { leg, sent, reports, ...source };
}

/**
 * A bench whose source has sent a key frame of two packets and a picture after it, the last of them at 40 ms.
 */
export function afterPicture(): ReturnType<typeof bench> {
  const all = bench({ firstSequenceNumber: 10 });
  all.inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, keyFrame: true, label: 1 }), 0);
  all.inlet.receive(videoPacket({ sequenceNumber: 2, timestamp: 0, marker: true, label: 2 }), 1);
  all.inlet.receive(videoPacket({ sequenceNumber: 3, timestamp: 3600, marker: true, label: 3 }), 40);
  return all;
}
