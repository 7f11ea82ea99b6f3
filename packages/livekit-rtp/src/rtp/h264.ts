/** NAL unit types that matter to packets (RFC 6184, 5.4 and ITU-T H.264 table 7-1). */
export const NAL_IDR = 5;
export const NAL_SPS = 7;
export const NAL_PPS = 8;
export const NAL_FU_A = 28;

/**
 * The NAL units of an Annex B byte stream, without start codes. They share memory with `stream`.
 */
export function splitAnnexB(stream: Buffer): Buffer[] {
  const units: Buffer[] = [];
  let start = -1;
  let at = 0;
  while (at + 3 <= stream.length) {
    if (stream[at + 2]! > 1) {
      at += 3;
      continue;
    }
    if (stream[at] === 0 && stream[at + 1] === 0 && stream[at + 2] === 1) {
      if (start >= 0) pushUnit(units, stream, start, at);
      start = at + 3;
      at += 3;
      continue;
    }
    at++;
  }
  if (start >= 0) pushUnit(units, stream, start, stream.length);
  return units;
}

/** Zero bytes before a start code belong to the start code or are trailing zeros (H.264, B.1): never to the unit. */
function pushUnit(units: Buffer[], stream: Buffer, start: number, end: number): void {
  let last = end;
  while (last > start && stream[last - 1] === 0) last--;
  if (last > start) units.push(stream.subarray(start, last));
}

/**
 * RTP payloads of one access unit in packetization mode 1 (RFC 6184): a NAL unit that fits is a payload as it is, a larger one
 * becomes FU-A fragments. No payload is longer than `mtu` bytes (RTP header not counted). The marker belongs on the last one.
 */
export function packetizeH264(accessUnitNals: readonly Uint8Array[], mtu: number): Buffer[] {
  if (mtu < 3) throw new RangeError('mtu is too small for FU-A fragments');
  const payloads: Buffer[] = [];
  for (const nal of accessUnitNals) {
    if (nal.length === 0) continue;
    if (nal.length <= mtu) payloads.push(asBuffer(nal));
    else fragment(nal, mtu, payloads);
  }
  return payloads;
}

function fragment(nal: Uint8Array, mtu: number, payloads: Buffer[]): void {
  const head = nal[0]!;
  const size = mtu - 2;
  for (let offset = 1; offset < nal.length; offset += size) {
    const end = Math.min(nal.length, offset + size);
    const payload = Buffer.allocUnsafe(end - offset + 2);
    payload[0] = (head & 0xe0) | NAL_FU_A;
    payload[1] = (offset === 1 ? 0x80 : 0) | (end === nal.length ? 0x40 : 0) | (head & 0x1f);
    payload.set(nal.subarray(offset, end), 2);
    payloads.push(payload);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether this RTP payload starts (or is) a key frame's first part: an SPS or an IDR slice, alone, in STAP-A or first in FU-A. */
export function startsH264KeyFrame(payload: Uint8Array): boolean {
  if (payload.length === 0) return false;
  const type = payload[0]! & 0x1f;
  if (type === NAL_SPS || type === NAL_IDR) return true;
  if (type === NAL_FU_A) {
    const second = payload[1] ?? 0;
    return (second & 0x80) !== 0 && isKeyType(second & 0x1f);
  }
  if (type !== 24) return false;
  for (let at = 1; at + 2 < payload.length; at += 2 + ((payload[at]! << 8) | payload[at + 1]!)) {
    if (isKeyType(payload[at + 2]! & 0x1f)) return true;
  }
  return false;
}

function isKeyType(type: number): boolean {
  return type === NAL_SPS || type === NAL_IDR;
}
