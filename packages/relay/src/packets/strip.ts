import { RTP_HEADER_LENGTH } from '@avatar-bridge/livekit-rtp';
import type { RtpHeader } from '@avatar-bridge/livekit-rtp';

/**
 * Leaves out CSRCs and header extensions, whose ids mean nothing on another connection, and the padding
 * behind a payload. Nothing is copied but the 12 bytes of the fixed header, which move forward in the same
 * memory; a packet that has none of these is returned as it is. Padding stays where there is no payload.
 */
export function stripHeader(packet: Buffer, header: RtpHeader): Buffer {
  const extra = header.headerLength - RTP_HEADER_LENGTH;
  const hasPayload = packet.length > header.headerLength + header.paddingLength;
  const padding = hasPayload ? header.paddingLength : 0;
  let stripped = packet;
  if (extra > 0) packet.copyWithin(extra, 0, RTP_HEADER_LENGTH);
  if (extra > 0 || padding > 0) stripped = packet.subarray(extra, packet.length - padding);
  stripped[0] = 0x80 | (header.paddingLength > 0 && !hasPayload ? 0x20 : 0);
  return stripped;
}

/**
 * The packet that an RTX packet repeats (RFC 4588, 4): its number stands in the first two bytes of the
 * payload. The header is moved over them, and `header` describes the result; its SSRC is the caller's to set.
 * `undefined` when nothing is repeated, as in packets that probe the bandwidth.
 */
export function unwrapRtx(packet: Buffer, header: RtpHeader, payloadType: number): Buffer | undefined {
  const start = header.headerLength;
  if (packet.length - header.paddingLength < start + 2) return undefined;
  const original = packet.readUInt16BE(start);
  packet.copyWithin(2, 0, start);
  const unwrapped = packet.subarray(2);
  unwrapped.writeUInt16BE(original, 2);
  unwrapped[1] = (unwrapped[1]! & 0x80) | payloadType;
  header.sequenceNumber = original;
  header.payloadType = payloadType;
  return unwrapped;
}
