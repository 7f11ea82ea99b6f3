import type { RtpHeader } from '@avatar-bridge/livekit-rtp';

type Held = { packet: Buffer; header: RtpHeader; sequence: number; newest: boolean };

/** ms that the frame of the former source is waited for. Its packets come within a few. */
const FRAME_PATIENCE = 20;

/**
 * Holds back the first packets of a source that takes over in the middle of a frame of the former one, so
 * that the frame is not lost.
 */
export class Handover {
  #held: Held[] = [];
  /** Whether the former source has begun a frame and not ended it. */
  #within = false;
  #lastAt = 0;

  get holds(): boolean {
    return this.#held.length > 0;
  }

  /** A packet of the source that is carried, the newest. */
  passed(marker: boolean, now: number): void {
    this.#within = !marker;
    this.#lastAt = now;
  }

  /** Whether packets of the next source have to wait. */
  mustWait(now: number): boolean {
    return this.#within && now - this.#lastAt < FRAME_PATIENCE;
  }

  hold(packet: Buffer, header: RtpHeader, sequence: number, newest: boolean): void {
    this.#held.push({ packet, header: { ...header }, sequence, newest });
  }

  /** What was held back, in order; nothing is held any more. */
  take(): Held[] {
    const held = this.#held;
    this.#held = [];
    this.#within = false;
    return held;
  }
}
