import type { MediaKind, RtpHeader } from '@avatar-bridge/livekit-rtp';
import { randomInt } from 'node:crypto';
import { AddedLatency } from './added-latency.ts';
import { AudioLevelWriter, SILENCE } from './audio-level.ts';
import type { Inlet } from '../inbound/inlet.ts';
import { KeyFrameCache } from '../../../packets/key-frame-cache.ts';
import { LastPicture } from './last-picture.ts';
import type { LegOutput } from './leg-output.ts';
import { createLegStats } from './leg-stats.ts';
import { PacketRing } from './packet-ring.ts';
import { Renumbering } from './renumbering.ts';
import { SenderReports } from './sender-reports.ts';
import { StageFeedback } from './stage-feedback.ts';
import { stripHeader } from '../../../packets/strip.ts';
import { Timeline } from './timeline.ts';

const RING_SIZE = { video: 512, audio: 128 };

export type OutboundStreamOptions = {
  kind: MediaKind;
  output: LegOutput;
  /** Time 0 of `now` in ms since 1970. */
  epoch: number;
  /** First sequence number; default random. */
  firstSequenceNumber?: number;
  /** What is added to the timestamps of the first source; default random. */
  timestampOffset?: number;
  /** What `now` is read from. */
  clock?: () => number;
  /** The stage asked for a key frame. */
  keyFrameWanted: (now: number) => void;
};

/**
 * How what comes is related to what was sent: nothing was; another source or SSRC, or after a repeated key
 * frame; the same SSRC after a break.
 */
export type Continuation = 'first' | 'another' | 'same';

/**
 * What the stage receives of one track: one SSRC, sequence numbers without holes, timestamps that follow the
 * clock. Keeps what may be wanted again.
 */
export class OutboundStream {
  readonly stats = createLegStats();
  /** Written into audio packets, in -dBov. */
  audioLevel = SILENCE;
  /** Has to be told of each packet of the source that is carried. */
  readonly timeline: Timeline;
  readonly #output: LegOutput;
  readonly #numbers: Renumbering;
  readonly #ring: PacketRing;
  readonly #levels = new AudioLevelWriter();
  readonly #keyFrame: KeyFrameCache | null;
  readonly #lastPicture: LastPicture | null;
  readonly #reports: SenderReports;
  readonly #feedback: StageFeedback;
  readonly #latency: AddedLatency;

  constructor({
    kind,
    output,
    epoch,
    firstSequenceNumber,
    timestampOffset,
    clock,
    keyFrameWanted,
  }: OutboundStreamOptions) {
    const { stats } = this;
    this.#output = output;
    this.#ring = new PacketRing(RING_SIZE[kind]);
    this.#keyFrame = kind === 'video' ? new KeyFrameCache() : null;
    this.#lastPicture = this.#keyFrame === null ? null : new LastPicture(this.#keyFrame);
    // Below 2^15, so that receivers cannot take the first wrap around for a packet from before the start (RFC
    // 3711, 3.3.1).
    this.#numbers = new Renumbering(firstSequenceNumber ?? randomInt(0x8000));
    this.timeline = new Timeline(kind, output.clockRate, timestampOffset ?? randomInt(0xffffffff));
    this.#reports = new SenderReports({ output, timeline: this.timeline, stats, epoch });
    this.#latency = new AddedLatency(clock ?? (() => performance.now()));
    this.#feedback = new StageFeedback({
      ssrc: output.ssrc,
      stats,
      resend: (sequenceNumber) => this.#resend(sequenceNumber),
      keyFrameWanted: (now) => {
        this.#lastPicture?.request(now);
        keyFrameWanted(now);
      },
    });
  }

  /** From a packet's arrival until it was sent, of the last samples; `undefined` before the first. ms. */
  get addedLatency(): { p50: number; p99: number } | undefined {
    return this.#latency.percentiles;
  }

  /**
   * From now on `inlet` is carried, beginning with this packet. `hole`: how many numbers are left out before
   * it, for receivers to see that packets are missing.
   */
  begin(
    inlet: Inlet,
    header: RtpHeader,
    sequence: number,
    how: Continuation,
    hole: number,
    now: number,
  ): void {
    const { timestamp } = header;
    this.#numbers.rebase(sequence, hole);
    if (how === 'first') this.timeline.start(timestamp, now);
    else if (how === 'same') this.timeline.follow(timestamp, true, now);
    else this.timeline.rebase(timestamp, now);
    if (how === 'first') this.#reports.pass(inlet);
    else this.#reports.carryOn(inlet, timestamp, now);
  }

  /** A packet that is newer than all before it is not sent: the numbers close over it. */
  skip(sequence: number): void {
    this.#numbers.skip(sequence);
    this.stats.padding++;
  }

  /** The number of a packet; -1 when it came too late for one. */
  numberOf(sequence: number): number {
    const number = this.#numbers.map(sequence);
    if (number < 0) this.stats.late++;
    return number;
  }

  /**
   * A packet of the source, changed in place. `startsKeyFrame`: the first of a key frame. False: the
   * transport did not take it.
   */
  send(packet: Buffer, header: RtpHeader, number: number, startsKeyFrame: boolean, now: number): boolean {
    const { stats } = this;
    const output = this.#output;
    const sequenceNumber = number & 0xffff;
    let out = stripHeader(packet, header);
    if (output.audioLevelId !== undefined) out = this.#levels.add(out, output.audioLevelId, this.audioLevel);
    out[1] = (header.marker ? 0x80 : 0) | output.payloadType;
    out.writeUInt16BE(sequenceNumber, 2);
    out.writeUInt32BE(this.timeline.map(header.timestamp), 4);
    out.writeUInt32BE(output.ssrc, 8);
    this.#ring.put(sequenceNumber, out);
    if (this.#keyFrame !== null) this.#keyFrame.add(out, sequenceNumber, startsKeyFrame, header.marker);
    if (!output.send(out)) {
      stats.unsent++;
      return false;
    }
    stats.packets++;
    stats.bytes += out.length;
    stats.octets += packet.length - header.headerLength - header.paddingLength;
    this.#latency.sent(now);
    return true;
  }

  /** The last report of the source that is carried. */
  passReport(inlet: Inlet): void {
    this.#reports.pass(inlet);
  }

  /** RTCP from the stage's server. Parts about other tracks are passed over. */
  receiveRtcp(packet: Buffer, now: number): void {
    this.#feedback.receive(packet, now);
  }

  /**
   * Sends the last key frame once more, when the source is silent and the stage wants one; whether it did.
   * `lastPacketAt`: of the source.
   */
  repeatKeyFrame(lastPacketAt: number, now: number): boolean {
    const packets = this.#lastPicture?.due(lastPacketAt, now) ?? [];
    if (packets.length === 0) return false;
    const timestamp = this.timeline.advance(now);
    for (const packet of packets) {
      const sequenceNumber = this.#numbers.next() & 0xffff;
      packet.writeUInt16BE(sequenceNumber, 2);
      packet.writeUInt32BE(timestamp, 4);
      this.#ring.put(sequenceNumber, packet);
      this.#output.send(packet);
    }
    this.stats.keyFramesRepeated++;
    return true;
  }

  #resend(sequenceNumber: number): boolean {
    const packet = this.#ring.get(sequenceNumber);
    return packet !== undefined && this.#output.send(packet);
  }
}
