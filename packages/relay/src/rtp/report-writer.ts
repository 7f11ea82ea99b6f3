import { RTCP_SR } from '@avatar-bridge/livekit-rtp';
import type { LegOutput } from './leg-output.ts';

const LENGTH = 28;

/** Sends the sender reports of one outbound track (RFC 3550, 6.4.1). */
export class ReportWriter {
  readonly #output: LegOutput;
  readonly #packet = Buffer.alloc(LENGTH);
  #lastNtp = -Infinity;

  constructor(output: LegOutput) {
    this.#output = output;
    this.#packet[0] = 0x80;
    this.#packet[1] = RTCP_SR;
    this.#packet.writeUInt16BE(LENGTH / 4 - 1, 2);
    this.#packet.writeUInt32BE(output.ssrc, 4);
  }

  /** `ntp`: ms since 1900. A report that is not newer than the last is left out. `bytes` of payload. */
  send(ntp: number, timestamp: number, packets: number, bytes: number): void {
    if (ntp <= this.#lastNtp) return;
    this.#lastNtp = ntp;
    const seconds = Math.floor(ntp / 1000);
    this.#packet.writeUInt32BE(seconds >>> 0, 8);
    this.#packet.writeUInt32BE(Math.floor(((ntp - seconds * 1000) / 1000) * 2 ** 32) >>> 0, 12);
    this.#packet.writeUInt32BE(timestamp >>> 0, 16);
    this.#packet.writeUInt32BE(packets >>> 0, 20);
    this.#packet.writeUInt32BE(bytes >>> 0, 24);
    this.#output.send(this.#packet);
  }
}
