/**
 * The parameter set of the picture of 2 x 2 pixels with which LiveKit's server ends and mutes H264 tracks, in
 * a STAP-A with the picture itself.
 */
const H264_START = Buffer.from('1800186742c01f0fd91f888884000003000400000300c83c60c920', 'hex');
const VP8_START_CODE = 0x9d012a;
/** Its picture in VP8 has 8 x 8 pixels; no avatar is that small. */
const LEAST_WIDTH = 16;

/**
 * Whether the key frame that starts between these offsets is one that LiveKit's server made up, to clear the
 * screens of those who watch a track that it ends or mutes.
 */
export function isBlankPicture(mimeType: string, packet: Buffer, start: number, end: number): boolean {
  if (mimeType === 'video/h264') {
    return (
      end - start > H264_START.length &&
      packet.compare(H264_START, 0, H264_START.length, start, start + H264_START.length) === 0
    );
  }
  if (mimeType !== 'video/vp8') return false;
  const frame = start + vp8DescriptorLength(packet, start);
  // RFC 6386, 9.1: frame tag, start code, width.
  if (frame + 10 > end || packet.readUIntBE(frame + 3, 3) !== VP8_START_CODE) return false;
  return (packet.readUInt16LE(frame + 6) & 0x3fff) < LEAST_WIDTH;
}

/** RFC 7741, 4.2. */
function vp8DescriptorLength(packet: Buffer, start: number): number {
  if ((packet[start]! & 0x80) === 0) return 1;
  const extension = packet[start + 1]!;
  let length = 2;
  if (extension & 0x80) length += packet[start + 2]! & 0x80 ? 2 : 1;
  if (extension & 0x40) length++;
  if (extension & 0x30) length++;
  return length;
}
