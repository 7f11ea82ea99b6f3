import { ok } from 'node:assert/strict';
import {
  buildBye,
  buildFir,
  buildNack,
  buildPli,
  buildReceiverReport,
  buildRemb,
  buildRtpPacket,
  buildSenderReport,
  createRtpHeader,
  findExtension,
  forEachRtcp,
  isRtcp,
  packetizeH264,
  packetizeVp8,
  parseRtcp,
  parseRtpHeader,
  readNack,
  RTP_HEADER_LENGTH,
  splitAnnexB,
  startsH264KeyFrame,
  startsVp8KeyFrame,
  stripHeader,
  vp8DescriptorLength,
} from '../../src/index.ts';
import type { Target } from './feed.ts';
import { Mutator } from './mutator.ts';
import type { Random } from './random.ts';

const MTU = 40;
/** What H264 and VP8 payloads need to be told apart by: a number, a length, a few bytes. */
const UNITS = [
  [0x67, 0x42, 0xe0, 0x1f],
  [0x68, 0xce, 0x38],
  [0x65, 0x88, 0x84, ...Array.from({ length: 90 }, (_, byte) => byte)],
  [0x41, 0x9a, 2],
];

const units = UNITS.map((bytes) => Buffer.from(bytes));
const stapA = Buffer.concat([
  Buffer.from([0x78]),
  ...units.slice(0, 2).flatMap((unit) => [Buffer.from([0, unit.length]), unit]),
]);
const vp8Frame = Buffer.from([
  0x10,
  0x02,
  0x00,
  0x9d,
  0x01,
  0x2a,
  ...Array.from({ length: 60 }, (_, byte) => byte),
]);
export const payloads = [
  ...packetizeH264(units, MTU),
  stapA,
  ...packetizeVp8(vp8Frame, 0x7ffe, MTU),
  Buffer.alloc(20, 0xfc),
  Buffer.alloc(0),
];

/** Packets with and without marker, extension, CSRCs and padding. */
export function rtpCorpus(payloadTypes: readonly number[]): Buffer[] {
  return payloads.flatMap((payload, index) =>
    payloadTypes.flatMap((payloadType) => {
      const fields = {
        payloadType,
        sequenceNumber: 65_530 + index,
        timestamp: 3000 * index,
        ssrc: 0x01020304,
        marker: index % 3 === 0,
      };
      const plain = buildRtpPacket(fields, payload);
      const padded = Buffer.concat([plain, Buffer.from([0, 0, 0, 4])]);
      padded[0] = 0xa0;
      const sourced = Buffer.concat([
        plain.subarray(0, RTP_HEADER_LENGTH),
        Buffer.alloc(8, index),
        plain.subarray(RTP_HEADER_LENGTH),
      ]);
      sourced[0] = 0x82;
      return [
        plain,
        buildRtpPacket({ ...fields, audioLevel: { id: 3, level: 30 } }, payload),
        padded,
        sourced,
      ];
    }),
  );
}

/** Each kind of feedback and report about `media`, alone and several in one packet. */
export function rtcpCorpus(media: number): Buffer[] {
  const block = {
    ssrc: media,
    fractionLost: 3,
    cumulativeLost: -2,
    highestSequence: 70_000,
    jitter: 5,
    lastSenderReport: 6,
    delaySinceLastSenderReport: 7,
  };
  const report = {
    ssrc: media,
    ntpSeconds: 0xe8000000,
    ntpFraction: 0x80000000,
    rtpTimestamp: 90_000,
    packetCount: 5,
    octetCount: 600,
  };
  const parts = [
    buildSenderReport({ ...report, reports: [block] }),
    buildSenderReport(report),
    buildReceiverReport(1, [block, block]),
    buildNack(1, media, [65_533, 65_535, 0, 40, 400]),
    buildPli(1, media),
    buildFir(1, media, 200),
    buildRemb(1, 2_500_000, [media, 9]),
    buildBye([media], 'left'),
  ];
  return [...parts, Buffer.concat(parts.slice(2, 5)), Buffer.concat(parts)];
}

export function packetTargets(random: Random): Target[] {
  const rtp = new Mutator(random, rtpCorpus([96, 111]));
  const rtcp = new Mutator(random, rtcpCorpus(0x01020304));
  const startCode = Buffer.from([0, 0, 0, 1]);
  const streams = new Mutator(random, [
    Buffer.concat(units.flatMap((unit) => [startCode, unit])),
    Buffer.concat([startCode, vp8Frame]),
  ]);
  const raw = new Mutator(random, payloads);
  return [
    { name: 'RTP packet', inputs: 400_000, next: () => rtp.next(), check: checkRtp },
    { name: 'RTCP packet', inputs: 250_000, next: () => rtcp.next(), check: checkRtcp },
    { name: 'RTP packet taken for RTCP', inputs: 30_000, next: () => rtp.next(), check: checkRtcp },
    { name: 'payload', inputs: 100_000, next: () => raw.next(), check: checkPayload },
    { name: 'Annex B stream', inputs: 50_000, next: () => streams.next(), check: checkStream },
  ];
}

const header = createRtpHeader();

function checkRtp(packet: Buffer): void {
  const rtcp = isRtcp(packet);
  if (parseRtpHeader(packet, header) === undefined) return;
  ok(packet[0]! >> 6 === 2 && packet.length >= RTP_HEADER_LENGTH);
  ok(rtcp === (header.marker && header.payloadType >= 64 && header.payloadType < 96));
  ok(header.headerLength + header.paddingLength <= packet.length && header.paddingLength >= 0);
  ok(header.headerLength === RTP_HEADER_LENGTH + header.csrcCount * 4 + header.extensionLength);
  for (let id = 1; id < 15; id++) {
    const at = findExtension(packet, header, id);
    if (at < 0) continue;
    ok(
      at > header.headerLength - header.extensionLength && at + (packet[at - 1]! & 15) < header.headerLength,
    );
  }
  checkPayload(packet.subarray(header.headerLength, packet.length - header.paddingLength));
  const { sequenceNumber, timestamp, ssrc, payloadType, marker, paddingLength, headerLength } = header;
  const stripped = stripHeader(packet, header);
  ok(stripped.length === packet.length - headerLength + RTP_HEADER_LENGTH);
  const again = parseRtpHeader(stripped, header);
  ok(
    again !== undefined && again.headerLength === RTP_HEADER_LENGTH && again.paddingLength === paddingLength,
  );
  ok(again.sequenceNumber === sequenceNumber && again.timestamp === timestamp && again.ssrc === ssrc);
  ok(again.payloadType === payloadType && again.marker === marker);
}

function checkRtcp(packet: Buffer): void {
  let next = 0;
  forEachRtcp(packet, (type, format, offset, length) => {
    ok(offset === next && length >= 4 && length % 4 === 0 && offset + length <= packet.length);
    ok(type === packet[offset + 1] && format < 32);
    const numbers = readNack(packet, offset, length);
    ok(numbers.length <= (length / 4) * 17 && numbers.every((number) => number >= 0 && number <= 0xffff));
    next = offset + length;
  });
  for (const part of parseRtcp(packet)) {
    if (part.type === 'sr' || part.type === 'rr') ok(part.reports.length < 32 && part.ssrc >= 0);
    else if (part.type === 'remb') ok(Number.isFinite(part.bitrate) && part.ssrcs.length < 256);
  }
}

function checkPayload(payload: Buffer): void {
  ok(typeof startsH264KeyFrame(payload) === 'boolean' && typeof startsVp8KeyFrame(payload) === 'boolean');
  const length = vp8DescriptorLength(payload);
  ok(length >= 1 && length <= 6);
}

function checkStream(stream: Buffer): void {
  const found = splitAnnexB(stream);
  ok(
    found.every((unit) => unit.length > 0 && unit.at(-1) !== 0) &&
      found.reduce((sum, { length }) => sum + length, 0) <= stream.length,
  );
  ok(packetizeH264(found, MTU).every(({ length }) => length > 0 && length <= MTU));
  ok(packetizeVp8(stream, stream.length, MTU).every(({ length }) => length > 4 && length <= MTU));
}
