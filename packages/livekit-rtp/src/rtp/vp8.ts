/**
 * RTP payloads of one VP8 frame (RFC 7741): each with a 4-byte descriptor that holds the 15-bit picture id, one partition (0).
 * No payload is longer than `mtu` bytes (RTP header not counted). The marker belongs on the last one.
 */
export function packetizeVp8(frame: Uint8Array, pictureId: number, mtu: number): Buffer[] {
  const size = mtu - 4;
  if (size < 1) throw new RangeError('mtu is too small for the VP8 payload descriptor');
  const payloads: Buffer[] = [];
  for (let offset = 0; offset < frame.length; offset += size) {
    const end = Math.min(frame.length, offset + size);
    const payload = Buffer.allocUnsafe(end - offset + 4);
    payload[0] = 0x80 | (offset === 0 ? 0x10 : 0);
    payload[1] = 0x80;
    payload.writeUInt16BE(0x8000 | (pictureId & 0x7fff), 2);
    payload.set(frame.subarray(offset, end), 4);
    payloads.push(payload);
  }
  return payloads;
}

/** Length of the payload descriptor (RFC 7741, 4.2) at the start of an RTP payload. */
export function vp8DescriptorLength(payload: Uint8Array): number {
  const first = payload[0] ?? 0;
  if ((first & 0x80) === 0) return 1;
  const extension = payload[1] ?? 0;
  let length = 2;
  if (extension & 0x80) length += (payload[2] ?? 0) & 0x80 ? 2 : 1;
  if (extension & 0x40) length += 1;
  if (extension & 0x30) length += 1;
  return length;
}

/** Whether this RTP payload is the first of a key frame (RFC 7741, 4.3: start of partition 0 and inverse key frame flag 0). */
export function startsVp8KeyFrame(payload: Uint8Array): boolean {
  const first = payload[0];
  if (first === undefined || (first & 0x10) === 0 || (first & 0x0f) !== 0) return false;
  const frame = payload[vp8DescriptorLength(payload)];
  return frame !== undefined && (frame & 1) === 0;
}
