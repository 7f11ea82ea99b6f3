import type { ReportBlock } from '@avatar-bridge/livekit-rtp';
import { sequenceDelta, timestampDelta } from './numbers.ts';

/** Older packets are refused; also the length of the memory for duplicates. A power of two. */
const WINDOW = 1024;
/** A jump forwards of more than this is a break in the stream, not loss. */
const MAX_JUMP = 1000;

export type Arrival = 'newest' | 'late' | 'duplicate' | 'too-old' | 'jump';

/**
 * What has been received of one SSRC (RFC 3550, A.1, A.3 and A.8). Sequence numbers are extended to count on
 * where 16 bits wrap around.
 */
export class Reception {
  readonly ssrc: number;
  readonly #clockRate: number;
  readonly #seen = new Float64Array(WINDOW).fill(-1);
  #highest: number;
  #first: number;
  #unique = 0;
  #lostBefore = 0;
  #resent = 0;
  #afterOldPacket = -1;
  #lastTimestamp = 0;
  #lastArrival = -1;
  #jitter = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;
  #lastSenderReport = 0;
  #senderReportAt = 0;

  constructor(ssrc: number, clockRate: number, firstSequenceNumber: number) {
    this.ssrc = ssrc;
    this.#clockRate = clockRate;
    this.#first = firstSequenceNumber + 0x10000;
    this.#highest = this.#first - 1;
  }

  get highest(): number {
    return this.#highest;
  }

  /** Packets that should have come and did not; what is missing at a break is not known and not counted. */
  get lost(): number {
    return this.#lostBefore + this.#highest - this.#first + 1 - this.#unique;
  }

  /** Interarrival jitter in ms. */
  get jitter(): number {
    return (this.#jitter / this.#clockRate) * 1000;
  }

  /** The extended number of a packet, judged by the newest one. */
  extend(sequenceNumber: number): number {
    return this.#highest + sequenceDelta(sequenceNumber, this.#highest & 0xffff);
  }

  /**
   * Notes the packet. After `newest` or `jump` it is the `highest`. `resent`: it came because we asked for
   * it.
   */
  arrived(sequence: number, timestamp: number, now: number, resent: boolean): Arrival {
    const distance = sequence - this.#highest;
    if (distance > MAX_JUMP) return this.#restart(sequence, timestamp, now);
    if (distance <= -WINDOW) return this.#old(sequence, timestamp, now);
    const slot = sequence & (WINDOW - 1);
    if (this.#seen[slot] === sequence) return 'duplicate';
    if (sequence < this.#first) return 'too-old';
    this.#seen[slot] = sequence;
    this.#unique++;
    if (resent) this.#resent++;
    if (distance <= 0) return 'late';
    this.#highest = sequence;
    if (!resent) this.#measure(timestamp, now);
    return 'newest';
  }

  senderReport(ntpMiddle: number, now: number): void {
    this.#lastSenderReport = ntpMiddle;
    this.#senderReportAt = now;
  }

  /**
   * The block for a receiver report; its fraction is counted from the last call on. Packets that were resent
   * count as lost, as they were.
   */
  block(now: number): ReportBlock {
    const expected = this.#highest - this.#first + 1;
    const received = this.#unique - this.#resent;
    const expectedNow = expected - this.#expectedBefore;
    const lostNow = expectedNow - (received - this.#receivedBefore);
    this.#expectedBefore = expected;
    this.#receivedBefore = received;
    return {
      ssrc: this.ssrc,
      fractionLost:
        expectedNow > 0 && lostNow > 0 ? Math.min(255, Math.floor((lostNow * 256) / expectedNow)) : 0,
      cumulativeLost: expected - received,
      highestSequence: (this.#highest - 0x10000) >>> 0,
      jitter: Math.round(this.#jitter),
      lastSenderReport: this.#lastSenderReport,
      delaySinceLastSenderReport:
        this.#lastSenderReport === 0 ? 0 : Math.round(((now - this.#senderReportAt) / 1000) * 0x10000),
    };
  }

  /** One old packet is a straggler; two in a row are a sender that began anew. */
  #old(sequence: number, timestamp: number, now: number): Arrival {
    if (sequence !== this.#afterOldPacket) {
      this.#afterOldPacket = sequence + 1;
      return 'too-old';
    }
    return this.#restart(
      this.#highest + 0x10000 + sequenceDelta(sequence & 0xffff, this.#highest & 0xffff),
      timestamp,
      now,
    );
  }

  #restart(sequence: number, timestamp: number, now: number): Arrival {
    this.#lostBefore = this.lost;
    this.#seen.fill(-1);
    this.#seen[sequence & (WINDOW - 1)] = sequence;
    this.#first = sequence;
    this.#highest = sequence;
    this.#unique = 1;
    this.#resent = 0;
    this.#expectedBefore = 0;
    this.#receivedBefore = 0;
    this.#afterOldPacket = -1;
    this.#lastArrival = -1;
    this.#measure(timestamp, now);
    return 'jump';
  }

  #measure(timestamp: number, now: number): void {
    if (this.#lastArrival >= 0) {
      const difference =
        ((now - this.#lastArrival) * this.#clockRate) / 1000 - timestampDelta(timestamp, this.#lastTimestamp);
      this.#jitter += (Math.abs(difference) - this.#jitter) / 16;
    }
    this.#lastArrival = now;
    this.#lastTimestamp = timestamp;
  }
}
