import { RTP_HEADER_LENGTH } from '@avatar-bridge/livekit-rtp';

const EXTENSION_LENGTH = 8;
export const SILENCE = 127;
/**
 * LiveKit's server counts what is louder than 35 as speech; one who is named a speaker stays clear of that.
 */
const QUIETEST_SPEECH = 30;

/** The level of a speaker, 0..1 as LiveKit's server tells it, in -dBov: 0 (loudest) to 127 (silence). */
export function levelOfSpeaker(active: boolean, level: number): number {
  if (!active) return SILENCE;
  return level <= 0
    ? QUIETEST_SPEECH
    : Math.max(0, Math.min(QUIETEST_SPEECH, Math.round(-20 * Math.log10(level))));
}

/**
 * Puts the audio level (RFC 6464) into packets. They are copied into memory that is used again by the next
 * call.
 */
export class AudioLevelWriter {
  readonly #memory = Buffer.alloc(1500);

  /** `packet` has a fixed header only. One that is too large to be extended is returned as it is. */
  add(packet: Buffer, id: number, level: number): Buffer {
    const length = packet.length + EXTENSION_LENGTH;
    const memory = this.#memory;
    if (length > memory.length) return packet;
    packet.copy(memory, 0, 0, RTP_HEADER_LENGTH);
    memory[0] = packet[0]! | 0x10;
    memory.writeUInt32BE(0xbede0001, RTP_HEADER_LENGTH);
    memory[RTP_HEADER_LENGTH + 4] = id << 4;
    memory[RTP_HEADER_LENGTH + 5] = (level < SILENCE ? 0x80 : 0) | level;
    memory[RTP_HEADER_LENGTH + 6] = 0;
    memory[RTP_HEADER_LENGTH + 7] = 0;
    packet.copy(memory, RTP_HEADER_LENGTH + EXTENSION_LENGTH, RTP_HEADER_LENGTH);
    return memory.subarray(0, length);
  }
}
