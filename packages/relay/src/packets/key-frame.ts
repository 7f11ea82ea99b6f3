const SPS = 7;
const IDR = 5;
const STAP_A = 24;
const FU_A = 28;

/**
 * Whether the payload between these offsets is the first packet of a key frame. Codecs other than H264 and
 * VP8: false.
 */
export function startsKeyFrame(mimeType: string, packet: Buffer, start: number, end: number): boolean {
  if (mimeType === 'video/h264') return startsH264(packet, start, end);
  if (mimeType === 'video/vp8') return startsVp8(packet, start, end);
  return false;
}

/**
 * RFC 6184, 5.4-5.8. A key frame begins with its parameter sets, or with the IDR slice when they are sent
 * once only.
 */
function startsH264(packet: Buffer, start: number, end: number): boolean {
  if (start >= end) return false;
  const type = packet[start]! & 0x1f;
  if (type === SPS || type === IDR) return true;
  if (type === FU_A) {
    if (start + 1 >= end) return false;
    const fragment = packet[start + 1]!;
    const inner = fragment & 0x1f;
    return (fragment & 0x80) !== 0 && (inner === IDR || inner === SPS);
  }
  if (type !== STAP_A) return false;
  for (let at = start + 1; at + 2 < end; at += 2 + packet.readUInt16BE(at)) {
    const inner = packet[at + 2]! & 0x1f;
    if (inner === SPS || inner === IDR) return true;
  }
  return false;
}

/** RFC 7741, 4.2 and 4.3: start of partition 0, inverse key frame flag 0. */
function startsVp8(packet: Buffer, start: number, end: number): boolean {
  if (start >= end || (packet[start]! & 0x1f) !== 0x10) return false;
  let at = start + 1;
  if (packet[start]! & 0x80) {
    const extension = packet[at++] ?? 0;
    if (extension & 0x80) at += (packet[at] ?? 0) & 0x80 ? 2 : 1;
    if (extension & 0x40) at++;
    if (extension & 0x30) at++;
  }
  return at < end && (packet[at]! & 1) === 0;
}
