/** The fixed header of an RTP packet (RFC 3550, 5.1) and where its parts lie. Lengths in bytes. */
export type RtpHeader = {
  marker: boolean;
  payloadType: number;
  sequenceNumber: number;
  timestamp: number;
  ssrc: number;
  csrcCount: number;
  /** Length of the header extension with its 4-byte head; 0 without one. */
  extensionLength: number;
  /** Where the payload starts. */
  headerLength: number;
  /** Padding at the end, its count byte included; 0 without. */
  paddingLength: number;
};

export const RTP_HEADER_LENGTH = 12;

/** An RtpHeader to parse into again and again, so that a hot path allocates nothing. */
export function createRtpHeader(): RtpHeader {
  return {
    marker: false,
    payloadType: 0,
    sequenceNumber: 0,
    timestamp: 0,
    ssrc: 0,
    csrcCount: 0,
    extensionLength: 0,
    headerLength: RTP_HEADER_LENGTH,
    paddingLength: 0,
  };
}

/** Whether a packet of a muxed RTP/RTCP transport is RTCP (RFC 5761, 4: types 192..223). */
export function isRtcp(packet: Buffer): boolean {
  const type = packet[1]!;
  return type >= 192 && type <= 223;
}

/** Reads the header. `undefined` when the bytes are not a whole RTP packet of version 2. With `into`, fills and returns that. */
export function parseRtpHeader(packet: Buffer, into: RtpHeader = createRtpHeader()): RtpHeader | undefined {
  const length = packet.length;
  if (length < RTP_HEADER_LENGTH) return undefined;
  const first = packet[0]!;
  if (first >> 6 !== 2) return undefined;
  const csrcCount = first & 0x0f;
  let headerLength = RTP_HEADER_LENGTH + csrcCount * 4;
  let extensionLength = 0;
  if (first & 0x10) {
    if (headerLength + 4 > length) return undefined;
    extensionLength = 4 + packet.readUInt16BE(headerLength + 2) * 4;
    headerLength += extensionLength;
  }
  const paddingLength = first & 0x20 ? packet[length - 1]! : 0;
  if (headerLength + paddingLength > length || (first & 0x20 && paddingLength === 0)) return undefined;
  const second = packet[1]!;
  into.marker = (second & 0x80) !== 0;
  into.payloadType = second & 0x7f;
  into.sequenceNumber = packet.readUInt16BE(2);
  into.timestamp = packet.readUInt32BE(4);
  into.ssrc = packet.readUInt32BE(8);
  into.csrcCount = csrcCount;
  into.extensionLength = extensionLength;
  into.headerLength = headerLength;
  into.paddingLength = paddingLength;
  return into;
}

export type RtpFields = Pick<RtpHeader, 'payloadType' | 'sequenceNumber' | 'timestamp' | 'ssrc'> & {
  marker?: boolean;
  /** Written as a header extension (RFC 6464): `id` as negotiated (1..14), `level` in -dBov, 0 (loudest) to 127 (silence). */
  audioLevel?: { id: number; level: number };
};

/** Profile of one-byte header extensions (RFC 8285, 4.2). */
const ONE_BYTE_PROFILE = 0xbede;
const AUDIO_LEVEL_EXTENSION_LENGTH = 8;

/** A packet with this payload, without CSRCs and padding. */
export function buildRtpPacket(fields: RtpFields, payload: Uint8Array): Buffer {
  const { audioLevel } = fields;
  const headerLength = RTP_HEADER_LENGTH + (audioLevel === undefined ? 0 : AUDIO_LEVEL_EXTENSION_LENGTH);
  const packet = Buffer.allocUnsafe(headerLength + payload.length);
  packet[0] = audioLevel === undefined ? 0x80 : 0x90;
  packet[1] = (fields.marker ? 0x80 : 0) | (fields.payloadType & 0x7f);
  packet.writeUInt16BE(fields.sequenceNumber & 0xffff, 2);
  packet.writeUInt32BE(fields.timestamp >>> 0, 4);
  packet.writeUInt32BE(fields.ssrc >>> 0, 8);
  if (audioLevel !== undefined) {
    packet.writeUInt16BE(ONE_BYTE_PROFILE, 12);
    packet.writeUInt16BE(1, 14);
    packet[16] = audioLevel.id << 4;
    const level = Math.max(0, Math.min(127, Math.round(audioLevel.level)));
    packet[17] = (level < 127 ? 0x80 : 0) | level;
    packet.writeUInt16BE(0, 18);
  }
  packet.set(payload, headerLength);
  return packet;
}

/**
 * The packet without header extension and CSRCs: the fixed header is moved up to the payload in place, and the rest of the same buffer is returned.
 * For forwarding: extension ids mean something else on every connection.
 */
export function stripHeader(packet: Buffer, header: RtpHeader): Buffer {
  const shift = header.headerLength - RTP_HEADER_LENGTH;
  if (shift === 0) return packet;
  packet.copyWithin(shift, 0, RTP_HEADER_LENGTH);
  packet[shift] = packet[shift]! & 0xe0;
  return packet.subarray(shift);
}

/**
 * Where the value of a one-byte header extension starts; its length is in the byte before: `(packet[at - 1] & 15) + 1`. -1 when the packet has
 * no such extension.
 */
export function findExtension(packet: Buffer, header: RtpHeader, id: number): number {
  const start = header.headerLength - header.extensionLength;
  if (header.extensionLength < 4 || packet.readUInt16BE(start) !== ONE_BYTE_PROFILE) return -1;
  let at = start + 4;
  while (at < header.headerLength) {
    const head = packet[at]!;
    if (head === 0) {
      at++;
      continue;
    }
    const valueLength = (head & 0x0f) + 1;
    if (at + 1 + valueLength > header.headerLength || head >> 4 === 15) return -1;
    if (head >> 4 === id) return at + 1;
    at += 1 + valueLength;
  }
  return -1;
}
