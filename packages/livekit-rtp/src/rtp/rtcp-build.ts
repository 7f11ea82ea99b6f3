import type { ReportBlock, SenderReport } from './rtcp-types.ts';
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

const REPORT_BLOCK_LENGTH = 24;
const MAX_COUNT = 31;

/** Sender report (RFC 3550, 6.4.1). */
export function buildSenderReport(
  report: Omit<SenderReport, 'reports'> & { reports?: readonly ReportBlock[] },
): Buffer {
  const reports = limited(report.reports ?? []);
  const packet = allocate(RTCP_SR, reports.length, 28 + reports.length * REPORT_BLOCK_LENGTH);
  packet.writeUInt32BE(report.ssrc >>> 0, 4);
  packet.writeUInt32BE(report.ntpSeconds >>> 0, 8);
  packet.writeUInt32BE(report.ntpFraction >>> 0, 12);
  packet.writeUInt32BE(report.rtpTimestamp >>> 0, 16);
  packet.writeUInt32BE(report.packetCount >>> 0, 20);
  packet.writeUInt32BE(report.octetCount >>> 0, 24);
  writeReportBlocks(packet, 28, reports);
  return packet;
}

/** Receiver report (RFC 3550, 6.4.2). */
export function buildReceiverReport(ssrc: number, reports: readonly ReportBlock[]): Buffer {
  const blocks = limited(reports);
  const packet = allocate(RTCP_RR, blocks.length, 8 + blocks.length * REPORT_BLOCK_LENGTH);
  packet.writeUInt32BE(ssrc >>> 0, 4);
  writeReportBlocks(packet, 8, blocks);
  return packet;
}

/** Picture loss indication (RFC 4585, 6.3.1): asks the sender for a key frame. */
export function buildPli(senderSsrc: number, mediaSsrc: number): Buffer {
  return feedback(RTCP_PSFB, PSFB_PLI, senderSsrc, mediaSsrc, 0);
}

/** Full intra request (RFC 5104, 4.3.1); `sequence` (8 bits) grows with each new request. */
export function buildFir(senderSsrc: number, mediaSsrc: number, sequence: number): Buffer {
  const packet = feedback(RTCP_PSFB, PSFB_FIR, senderSsrc, 0, 8);
  packet.writeUInt32BE(mediaSsrc >>> 0, 12);
  packet.writeUInt32BE((sequence & 0xff) * 0x1000000, 16);
  return packet;
}

/** Generic NACK (RFC 4585, 6.2.1). The numbers are in sending order and may wrap around. */
export function buildNack(senderSsrc: number, mediaSsrc: number, sequenceNumbers: readonly number[]): Buffer {
  const pairs: { pid: number; mask: number }[] = [];
  for (const sequence of sequenceNumbers) {
    const last = pairs.at(-1);
    const distance = last === undefined ? 0 : (sequence - last.pid) & 0xffff;
    if (last !== undefined && distance === 0) continue;
    if (last !== undefined && distance <= 16) last.mask |= 1 << (distance - 1);
    else pairs.push({ pid: sequence & 0xffff, mask: 0 });
  }
  const packet = feedback(RTCP_RTPFB, RTPFB_NACK, senderSsrc, mediaSsrc, pairs.length * 4);
  let offset = 12;
  for (const { pid, mask } of pairs) {
    packet.writeUInt16BE(pid, offset);
    packet.writeUInt16BE(mask, offset + 2);
    offset += 4;
  }
  return packet;
}

/** Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03) in bit/s for these sources. */
export function buildRemb(senderSsrc: number, bitrate: number, ssrcs: readonly number[]): Buffer {
  const packet = feedback(RTCP_PSFB, PSFB_ALFB, senderSsrc, 0, 8 + ssrcs.length * 4);
  packet.write('REMB', 12, 'latin1');
  let exponent = 0;
  let mantissa = Math.max(0, Math.floor(bitrate));
  while (mantissa > 0x3ffff) {
    mantissa = Math.floor(mantissa / 2);
    exponent++;
  }
  packet[16] = ssrcs.length;
  packet[17] = (exponent << 2) | (mantissa >> 16);
  packet.writeUInt16BE(mantissa & 0xffff, 18);
  for (const [index, ssrc] of ssrcs.entries()) packet.writeUInt32BE(ssrc >>> 0, 20 + index * 4);
  return packet;
}

/** Goodbye (RFC 3550, 6.6). */
export function buildBye(ssrcs: readonly number[], reason?: string): Buffer {
  const sources = limited(ssrcs);
  const text = reason === undefined ? undefined : Buffer.from(reason).subarray(0, 255);
  const textLength = text === undefined ? 0 : Math.ceil((1 + text.length) / 4) * 4;
  const packet = allocate(RTCP_BYE, sources.length, 4 + sources.length * 4 + textLength);
  for (const [index, ssrc] of sources.entries()) packet.writeUInt32BE(ssrc >>> 0, 4 + index * 4);
  if (text !== undefined) {
    const offset = 4 + sources.length * 4;
    packet[offset] = text.length;
    text.copy(packet, offset + 1);
  }
  return packet;
}

function allocate(type: number, count: number, length: number): Buffer {
  const packet = Buffer.alloc(length);
  packet[0] = 0x80 | count;
  packet[1] = type;
  packet.writeUInt16BE(length / 4 - 1, 2);
  return packet;
}

function feedback(
  type: number,
  format: number,
  senderSsrc: number,
  mediaSsrc: number,
  extra: number,
): Buffer {
  const packet = allocate(type, format, 12 + extra);
  packet.writeUInt32BE(senderSsrc >>> 0, 4);
  packet.writeUInt32BE(mediaSsrc >>> 0, 8);
  return packet;
}

function limited<T>(items: readonly T[]): readonly T[] {
  if (items.length > MAX_COUNT) throw new RangeError(`an RTCP packet holds at most ${MAX_COUNT} sources`);
  return items;
}

function writeReportBlocks(packet: Buffer, start: number, reports: readonly ReportBlock[]): void {
  let offset = start;
  for (const block of reports) {
    packet.writeUInt32BE(block.ssrc >>> 0, offset);
    packet[offset + 4] = Math.max(0, Math.min(255, block.fractionLost));
    packet.writeIntBE(Math.max(-0x800000, Math.min(0x7fffff, block.cumulativeLost)), offset + 5, 3);
    packet.writeUInt32BE(block.highestSequence >>> 0, offset + 8);
    packet.writeUInt32BE(block.jitter >>> 0, offset + 12);
    packet.writeUInt32BE(block.lastSenderReport >>> 0, offset + 16);
    packet.writeUInt32BE(block.delaySinceLastSenderReport >>> 0, offset + 20);
    offset += REPORT_BLOCK_LENGTH;
  }
}
