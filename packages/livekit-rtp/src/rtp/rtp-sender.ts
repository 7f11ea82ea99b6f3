import { randomInt } from 'node:crypto';
import { buildRtpPacket } from './header.ts';
import { ntpOf } from './ntp.ts';
import { buildSenderReport } from './rtcp-build.ts';

/** What RtpSender needs of a track: PublishedTrack has it. */
export type RtpSink = {
  readonly ssrc: number;
  readonly codec: { readonly payloadType: number };
  readonly audioLevelId?: number | undefined;
  send(packet: Buffer): boolean;
};

const REPORT_INTERVAL = 1000;

/**
 * Numbers the packets of one outgoing track and sends a sender report each second, so that receivers can play audio and video in
 * sync. `close()` stops the reports; the track stays with its owner.
 */
export class RtpSender {
  readonly #track: RtpSink;
  readonly #clockRate: number;
  readonly #timer: NodeJS.Timeout;
  #sequenceNumber = randomInt(0x8000);
  #packetCount = 0;
  #octetCount = 0;
  #lastTimestamp: number | undefined;
  #lastSentAt = 0;

  constructor(track: RtpSink, clockRate: number) {
    this.#track = track;
    this.#clockRate = clockRate;
    this.#timer = setInterval(() => this.#report(), REPORT_INTERVAL);
    this.#timer.unref();
  }

  get packetCount(): number {
    return this.#packetCount;
  }

  /**
   * Sends the payloads of one frame with the same timestamp (in units of the clock rate; wraps at 2^32); the last packet carries the
   * marker. For audio, one payload a frame, with its loudness (`level` in -dBov: 0 loudest, 127 silence) for the server's active speakers.
   */
  sendFrame(payloads: readonly Uint8Array[], timestamp: number, level?: number): void {
    const { ssrc, codec, audioLevelId } = this.#track;
    const audioLevel =
      level === undefined || audioLevelId === undefined ? undefined : { id: audioLevelId, level };
    const first = this.#lastTimestamp === undefined;
    this.#lastTimestamp = timestamp >>> 0;
    this.#lastSentAt = Date.now();
    for (const [index, payload] of payloads.entries()) {
      const sequenceNumber = this.#sequenceNumber;
      this.#sequenceNumber = (sequenceNumber + 1) & 0xffff;
      this.#packetCount++;
      this.#octetCount += payload.length;
      const marker = index === payloads.length - 1;
      this.#track.send(
        buildRtpPacket(
          { payloadType: codec.payloadType, ssrc, sequenceNumber, timestamp, marker, audioLevel },
          payload,
        ),
      );
    }
    if (first) this.#report();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #report(): void {
    if (this.#lastTimestamp === undefined) return;
    const now = Date.now();
    const elapsed = Math.round(((now - this.#lastSentAt) * this.#clockRate) / 1000);
    this.#track.send(
      buildSenderReport({
        ssrc: this.#track.ssrc,
        ...ntpOf(now),
        rtpTimestamp: (this.#lastTimestamp + elapsed) >>> 0,
        packetCount: this.#packetCount,
        octetCount: this.#octetCount,
      }),
    );
  }
}
