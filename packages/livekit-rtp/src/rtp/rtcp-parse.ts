import type { ReportBlock, RtcpPacket } from './rtcp-types.ts';
import {
  PSFB_ALFB,
  PSFB_FIR,
  PSFB_PLI,
  RTCP_BYE,
  RTCP_PSFB,
  RTCP_RR,
  RTCP_RTPFB,
  RTCP_SR,
  RTPFB_NACK,
} from './rtcp-types.ts';

const REMB_ID = 0x52454d42;

/**
 * Walks a compound packet without allocating: `visit(type, format, offset, length)` for each part, where `format` is the count or feedback
 * format of the first byte. Stops at the first malformed part.
 */
export function forEachRtcp(
  packet: Buffer,
  visit: (type: number, format: number, offset: number, length: number) => void,
): void {
  let offset = 0;
  while (offset + 4 <= packet.length) {
    const first = packet[offset]!;
    const length = (packet.readUInt16BE(offset + 2) + 1) * 4;
    if (first >> 6 !== 2 || offset + length > packet.length) return;
    visit(packet[offset + 1]!, first & 0x1f, offset, length);
    offset += length;
  }
}

/** All parts of a compound packet. Malformed parts are left out, unknown ones are `other`. */
export function parseRtcp(packet: Buffer): RtcpPacket[] {
  const parts: RtcpPacket[] = [];
  forEachRtcp(packet, (type, format, offset, length) => {
    const part = parsePart(packet.subarray(offset, offset + length), type, format);
    if (part !== undefined) parts.push(part);
  });
  return parts;
}

function parsePart(part: Buffer, type: number, format: number): RtcpPacket | undefined {
  switch (type) {
    case RTCP_SR:
      return parseSenderReport(part, format);
    case RTCP_RR:
      return part.length < 8 + format * 24
        ? undefined
        : { type: 'rr', ssrc: part.readUInt32BE(4), reports: readReportBlocks(part, 8, format) };
    case RTCP_BYE:
      return parseBye(part, format);
    case RTCP_RTPFB:
      if (format !== RTPFB_NACK) break;
      return part.length < 12
        ? undefined
        : { type: 'nack', ...sources(part), sequenceNumbers: readNack(part, 0, part.length) };
    case RTCP_PSFB:
      if (part.length < 12) return undefined;
      if (format === PSFB_PLI) return { type: 'pli', ...sources(part) };
      if (format === PSFB_FIR) return { type: 'fir', ...sources(part), entries: readFir(part) };
      if (format === PSFB_ALFB) return parseRemb(part) ?? { type: 'other', packetType: type, format };
      break;
    default:
      break;
  }
  return { type: 'other', packetType: type, format };
}

/** The sequence numbers a generic NACK at `offset` of a compound packet asks for, in order. */
export function readNack(packet: Buffer, offset: number, length: number): number[] {
  const numbers: number[] = [];
  for (let at = offset + 12; at + 4 <= offset + length; at += 4) {
    const pid = packet.readUInt16BE(at);
    const mask = packet.readUInt16BE(at + 2);
    numbers.push(pid);
    for (let bit = 0; bit < 16; bit++) if (mask & (1 << bit)) numbers.push((pid + bit + 1) & 0xffff);
  }
  return numbers;
}

function sources(part: Buffer): { senderSsrc: number; mediaSsrc: number } {
  return { senderSsrc: part.readUInt32BE(4), mediaSsrc: part.readUInt32BE(8) };
}

function parseSenderReport(part: Buffer, count: number): RtcpPacket | undefined {
  if (part.length < 28 + count * 24) return undefined;
  return {
    type: 'sr',
    ssrc: part.readUInt32BE(4),
    ntpSeconds: part.readUInt32BE(8),
    ntpFraction: part.readUInt32BE(12),
    rtpTimestamp: part.readUInt32BE(16),
    packetCount: part.readUInt32BE(20),
    octetCount: part.readUInt32BE(24),
    reports: readReportBlocks(part, 28, count),
  };
}

function readReportBlocks(part: Buffer, start: number, count: number): ReportBlock[] {
  const blocks: ReportBlock[] = [];
  for (let index = 0; index < count; index++) {
    const offset = start + index * 24;
    blocks.push({
      ssrc: part.readUInt32BE(offset),
      fractionLost: part[offset + 4]!,
      cumulativeLost: part.readIntBE(offset + 5, 3),
      highestSequence: part.readUInt32BE(offset + 8),
      jitter: part.readUInt32BE(offset + 12),
      lastSenderReport: part.readUInt32BE(offset + 16),
      delaySinceLastSenderReport: part.readUInt32BE(offset + 20),
    });
  }
  return blocks;
}

function parseBye(part: Buffer, count: number): RtcpPacket | undefined {
  const end = 4 + count * 4;
  if (part.length < end) return undefined;
  const ssrcs = Array.from({ length: count }, (_, index) => part.readUInt32BE(4 + index * 4));
  if (part.length === end) return { type: 'bye', ssrcs };
  const textLength = part[end]!;
  if (end + 1 + textLength > part.length) return undefined;
  return { type: 'bye', ssrcs, reason: part.toString('utf8', end + 1, end + 1 + textLength) };
}

function readFir(part: Buffer): { ssrc: number; sequence: number }[] {
  const entries: { ssrc: number; sequence: number }[] = [];
  for (let at = 12; at + 8 <= part.length; at += 8)
    entries.push({ ssrc: part.readUInt32BE(at), sequence: part[at + 4]! });
  return entries;
}

function parseRemb(part: Buffer): RtcpPacket | undefined {
  if (part.length < 20 || part.readUInt32BE(12) !== REMB_ID) return undefined;
  const count = part[16]!;
  if (part.length < 20 + count * 4) return undefined;
  const exponent = part[17]! >> 2;
  const mantissa = ((part[17]! & 3) << 16) | part.readUInt16BE(18);
  const ssrcs = Array.from({ length: count }, (_, index) => part.readUInt32BE(20 + index * 4));
  return { type: 'remb', senderSsrc: part.readUInt32BE(4), bitrate: mantissa * 2 ** exponent, ssrcs };
}
