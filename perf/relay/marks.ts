import { RTP_HEADER_LENGTH } from '../../packages/livekit-rtp/src/index.ts';
import { aggregate } from './clip.ts';

/**
 * Numbers in packets, which no room on the way changes, by which a packet of the source is found again on the stages. They stand where decoders
 * do not look: in video at the end of each frame as a NAL unit of filler data, in audio as padding of the Opus packet.
 */

const FILLER = 12;
const FILLER_LENGTH = 9;
const DIGITS = 6;
/** RFC 6716, 3.2.5: one frame, constant rate, with padding. */
const CODE_3 = 3;
const ONE_FRAME_PADDED = 0x41;

/** The last NAL unit of a frame as the payload of its last packet, which says that the frame is number `count`. */
export function markedVideo(unit: Buffer, count: number): Buffer {
  const mark = Buffer.alloc(FILLER_LENGTH);
  mark[0] = FILLER;
  mark[1] = 0xff;
  writeDigits(mark, 2, count);
  mark[FILLER_LENGTH - 1] = 0x80;
  return aggregate([unit, mark]);
}

/** The number in a packet; -1 when it is not a frame's last one. */
export function readVideoMark(packet: Buffer): number {
  const at = packet.length - FILLER_LENGTH;
  if (
    at < RTP_HEADER_LENGTH ||
    packet[at - 1] !== FILLER_LENGTH ||
    packet[at] !== FILLER ||
    packet[at + 1] !== 0xff
  )
    return -1;
  return readDigits(packet, at + 2);
}

/** `frame`, an Opus packet of one frame, as packet number `count`. */
export function markedAudio(frame: Buffer, count: number): Buffer {
  const packet = Buffer.alloc(frame.length + 2 + DIGITS);
  packet[0] = frame[0]! | CODE_3;
  packet[1] = ONE_FRAME_PADDED;
  packet[2] = DIGITS;
  frame.copy(packet, 3, 1);
  writeDigits(packet, packet.length - DIGITS, count);
  return packet;
}

/** The number in the Opus payload that starts at `at`; -1 when it has none. */
export function readAudioMark(packet: Buffer, at: number): number {
  if (packet.length - at < 3 + DIGITS || packet[at + 1] !== ONE_FRAME_PADDED || packet[at + 2] !== DIGITS)
    return -1;
  return readDigits(packet, packet.length - DIGITS);
}

/** Seven bits a byte, the eighth set: never a start code, never zero. */
function writeDigits(packet: Buffer, at: number, count: number): void {
  let rest = count;
  for (let digit = DIGITS - 1; digit >= 0; digit--) {
    packet[at + digit] = 0x80 | (rest % 128);
    rest = Math.floor(rest / 128);
  }
}

function readDigits(packet: Buffer, at: number): number {
  let count = 0;
  for (let digit = 0; digit < DIGITS; digit++) count = count * 128 + (packet[at + digit]! & 0x7f);
  return count;
}
