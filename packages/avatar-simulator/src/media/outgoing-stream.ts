import { randomInt } from 'node:crypto';
import { buildRtpPacket, buildSenderReport, ntpOf, RTP_HEADER_LENGTH } from '@avatar-bridge/livekit-rtp';
import type { PublishedTrack } from '@avatar-bridge/livekit-rtp';

const reportInterval = 1000;

/** The clock that an avatar's audio and video share: `zero` on performance.now. */
export type MediaClock = { readonly zero: number };

/** What is needed of a track to send on it. */
export type Sink = Pick<PublishedTrack, 'ssrc' | 'codec' | 'audioLevelId' | 'send'>;

/**
 * Numbers and sends the packets of one track. Timestamps come from the avatar's clock, and so do the sender
 * reports, so that a receiver puts sound and mouth together exactly.
 */
export class OutgoingStream {
  readonly #track: Sink;
  readonly #clock: MediaClock;
  readonly #firstTimestamp = randomInt(2 ** 31);
  #sequenceNumber = randomInt(0x8000);
  #packets = 0;
  #bytes = 0;
  #nextReport = 0;

  constructor(track: Sink, clock: MediaClock) {
    this.#track = track;
    this.#clock = clock;
  }

  get packets(): number {
    return this.#packets;
  }

  /**
   * Sends the packets of one frame that is due at `due` (performance.now). Their first 12 bytes are written
   * here.
   */
  sendPrepared(packets: readonly Buffer[], due: number): void {
    const timestamp = this.#timestampAt(due);
    const { ssrc, codec } = this.#track;
    for (const [index, packet] of packets.entries()) {
      packet[0] = 0x80;
      packet[1] = codec.payloadType | (index === packets.length - 1 ? 0x80 : 0);
      packet.writeUInt16BE(this.#nextSequenceNumber(), 2);
      packet.writeUInt32BE(timestamp, 4);
      packet.writeUInt32BE(ssrc, 8);
      this.#send(packet, packet.length - RTP_HEADER_LENGTH);
    }
    this.#reportWhenDue(due);
  }

  /** Sends one audio packet. `level` (-dBov) is how LiveKit hears who speaks: it does not decode. */
  sendAudio(payload: Uint8Array, level: number, due: number): void {
    const { ssrc, codec, audioLevelId } = this.#track;
    const fields = {
      payloadType: codec.payloadType,
      ssrc,
      sequenceNumber: this.#nextSequenceNumber(),
      timestamp: this.#timestampAt(due),
    };
    const audioLevel = audioLevelId === undefined ? undefined : { id: audioLevelId, level };
    this.#send(buildRtpPacket({ ...fields, audioLevel }, payload), payload.length);
    this.#reportWhenDue(due);
  }

  #send(packet: Buffer, payloadLength: number): void {
    if (!this.#track.send(packet)) return;
    this.#packets++;
    this.#bytes += payloadLength;
  }

  #nextSequenceNumber(): number {
    const number = this.#sequenceNumber;
    this.#sequenceNumber = (number + 1) & 0xffff;
    return number;
  }

  #timestampAt(time: number): number {
    return (
      (this.#firstTimestamp +
        Math.round(((time - this.#clock.zero) * this.#track.codec.clockRate) / 1000)) >>>
      0
    );
  }

  #reportWhenDue(due: number): void {
    if (due < this.#nextReport) return;
    this.#nextReport = due + reportInterval;
    const now = performance.now();
    this.#track.send(
      buildSenderReport({
        ssrc: this.#track.ssrc,
        ...ntpOf(performance.timeOrigin + now),
        rtpTimestamp: this.#timestampAt(now),
        packetCount: this.#packets,
        octetCount: this.#bytes,
      }),
    );
  }
}
