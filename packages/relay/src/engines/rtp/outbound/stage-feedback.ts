import {
  forEachRtcp,
  PSFB_FIR,
  PSFB_PLI,
  readNack,
  RTCP_PSFB,
  RTCP_RR,
  RTCP_RTPFB,
  RTPFB_NACK,
} from '@avatar-bridge/livekit-rtp';
import type { LegStats } from './leg-stats.ts';

export type StageFeedbackOptions = {
  /** The track's on the stage. */
  ssrc: number;
  stats: LegStats;
  /** False: the packet is no longer there, or was not taken. */
  resend(sequenceNumber: number): boolean;
  keyFrameWanted(now: number): void;
};

/**
 * What the stage's server says about one outbound track: what it did not get, which packets it wants again,
 * and key frames.
 */
export class StageFeedback {
  readonly #options: StageFeedbackOptions;

  constructor(options: StageFeedbackOptions) {
    this.#options = options;
  }

  /** RTCP from the server. Parts about other tracks are passed over. */
  receive(packet: Buffer, now: number): void {
    const { ssrc } = this.#options;
    forEachRtcp(packet, (type, format, offset, length) => {
      if (type === RTCP_RR) {
        if (format > 0 && length >= 32 && packet.readUInt32BE(offset + 8) === ssrc)
          this.#onReport(packet, offset + 8);
      } else if (type === RTCP_PSFB && length >= 12) {
        const about = format === PSFB_FIR && length >= 20 ? offset + 12 : offset + 8;
        if ((format === PSFB_PLI || format === PSFB_FIR) && packet.readUInt32BE(about) === ssrc)
          this.#onKeyFrameWanted(now);
      } else if (
        type === RTCP_RTPFB &&
        format === RTPFB_NACK &&
        length >= 16 &&
        packet.readUInt32BE(offset + 8) === ssrc
      ) {
        this.#onNack(readNack(packet, offset, length));
      }
    });
  }

  #onReport(packet: Buffer, block: number): void {
    const { stats } = this.#options;
    stats.stageFractionLost = packet[block + 4]! / 256;
    stats.stageLost = packet.readIntBE(block + 5, 3);
  }

  #onKeyFrameWanted(now: number): void {
    this.#options.stats.plis++;
    this.#options.keyFrameWanted(now);
  }

  #onNack(sequenceNumbers: number[]): void {
    const { stats } = this.#options;
    stats.nacks += sequenceNumbers.length;
    for (const sequenceNumber of sequenceNumbers) if (this.#options.resend(sequenceNumber)) stats.resent++;
  }
}
