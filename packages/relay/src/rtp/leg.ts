import { forEachRtcp, PSFB_FIR, PSFB_PLI, readNack, RTCP_PSFB, RTCP_RR, RTCP_RTPFB, RTPFB_NACK } from '@avatar-bridge/livekit-rtp';
import type { MediaKind, RtpHeader } from '@avatar-bridge/livekit-rtp';
import { randomInt } from 'node:crypto';
import { AudioLevelWriter, SILENCE } from './audio-level.ts';
import { AddedLatency } from './added-latency.ts';
import { isBlankPicture } from './blank-picture.ts';
import { CaptureDelay } from './capture-delay.ts';
import type { Delay } from './capture-delay.ts';
import { Handover } from './handover.ts';
import type { Inlet, InletSink } from './inlet.ts';
import { startsKeyFrame } from './key-frame.ts';
import { KeyFrameCache } from './key-frame-cache.ts';
import type { LegOutput } from './leg-output.ts';
import { PacketRing } from './packet-ring.ts';
import { Renumbering } from './renumbering.ts';
import { ReportWriter } from './report-writer.ts';
import { NTP_EPOCH_DIFFERENCE } from './source-clock.ts';
import { stripHeader } from './strip.ts';
import { Timeline } from './timeline.ts';

/** How long a new source of video may go without a recognised key frame until its packets are passed on all the same, in ms. */
const KEY_FRAME_PATIENCE = 3_000;
const RING_SIZE = { video: 512, audio: 128 };
/** ms without a packet of the source after which the stage gets the last key frame again when it asks for one. */
const SILENT_AFTER = 500;
/** ms from one such key frame to the next, and for how long they are sent after a request: the first may come before the viewer can show it. */
const REPEAT_INTERVAL = 200;
const REPEAT_TIME = 1_000;
/** Opus frames of at most 2 bytes announce silence during which nothing needs to be sent (RFC 6716, DTX). */
const DTX_PAYLOAD = 2;

export type LegOptions = {
  kind: MediaKind;
  /** Lower case. */
  mimeType: string;
  output: LegOutput;
  /** Time 0 of `now` in ms since 1970. */
  epoch: number;
  /** The first packet of all has been sent. */
  onFirstPacket(now: number): void;
  /** The source that was bound last has taken over. */
  onTakenOver?(inlet: Inlet): void;
  /** First sequence number; default random. */
  firstSequenceNumber?: number;
  /** What is added to the timestamps of the first source; default random. */
  timestampOffset?: number;
  /** What `now` is read from. */
  clock?: () => number;
};

export type LegStats = {
  packets: number;
  bytes: number;
  /** Packets the transport did not take. */
  unsent: number;
  /** Packets that came too late to have a number. */
  late: number;
  /** Packets without a picture of the source that were left out: padding, and the blank ones that its server makes up. */
  padding: number;
  frames: number;
  keyFrames: number;
  /** Key frames that were sent again while the source was silent. Their packets are counted nowhere else. */
  keyFramesRepeated: number;
  /** Packets that the stage asked for again, and how many of them were still there. */
  nacks: number;
  resent: number;
  /** Key frames that the stage asked for. */
  plis: number;
  /** Changes from one source, or one SSRC, to the next. */
  switches: number;
  /** What the stage's server says that it did not get: fraction 0..1 of late, and in total. */
  stageFractionLost: number;
  stageLost: number;
};

/**
 * One outbound track. Whatever its sources do (end, begin anew, replace each other), what it sends is one stream: one SSRC, sequence numbers
 * without holes but those of lost packets, timestamps that follow the clock. A new source takes over at its first key frame, while the former
 * one goes on.
 */
export class Leg implements InletSink {
  readonly kind: MediaKind;
  /** `now` of the last media packet that was passed on; -1 before the first. */
  lastPacketAt = -1;
  /** Whether the source announced with that packet that it may send nothing for a while. */
  resting = false;
  /** Written into audio packets, in -dBov. The vendor's server takes the true one out, and without any the stage's would name no speaker. */
  audioLevel = SILENCE;

  readonly #options: LegOptions;
  readonly #output: LegOutput;
  readonly #ring: PacketRing;
  readonly #numbers: Renumbering;
  readonly #reports: ReportWriter;
  readonly #levels = new AudioLevelWriter();
  readonly #timeline: Timeline;
  readonly #latency: AddedLatency;
  readonly #captureDelay = new CaptureDelay();
  readonly #handover = new Handover();
  readonly #keyFrame = new KeyFrameCache();
  #current: Inlet | null = null;
  #candidate: Inlet | null = null;
  /** Since when packets come that are not passed on for want of a key frame; -1 when none do. */
  #waitingSince = -1;
  #generation = -1;
  /** Whether the last thing that was sent is a key frame that the stage had before: what comes next has to begin with one of the source. */
  #repeated = false;
  #repeatedAt = -Infinity;
  #repeatUntil = -Infinity;
  #ssrc = -1;
  /** The source's, of the last media packet. */
  #timestamp = 0;
  #keyFrameTimestamp = -1;
  #payloadBytes = 0;
  readonly #stats: LegStats = {
    packets: 0,
    bytes: 0,
    unsent: 0,
    late: 0,
    padding: 0,
    frames: 0,
    keyFrames: 0,
    keyFramesRepeated: 0,
    nacks: 0,
    resent: 0,
    plis: 0,
    switches: 0,
    stageFractionLost: 0,
    stageLost: 0,
  };

  constructor(options: LegOptions) {
    this.kind = options.kind;
    this.#options = options;
    this.#output = options.output;
    this.#ring = new PacketRing(RING_SIZE[options.kind]);
    // Below 2^15, so that receivers cannot take the first wrap around for a packet from before the start (RFC 3711, 3.3.1).
    this.#numbers = new Renumbering(options.firstSequenceNumber ?? randomInt(0x8000));
    this.#timeline = new Timeline(options.kind, options.output.clockRate, options.timestampOffset ?? randomInt(0xffffffff));
    this.#latency = new AddedLatency(options.clock ?? (() => performance.now()));
    this.#reports = new ReportWriter(options.output);
  }

  get stats(): LegStats {
    return { ...this.#stats };
  }

  /** From a packet's arrival until it was sent, of the last samples; `undefined` before the first. ms. */
  get addedLatency(): { p50: number; p99: number } | undefined {
    return this.#latency.percentiles;
  }

  /** From capture until sending, of the last seconds; `undefined` before the source's first sender report. */
  get captureDelay(): Delay | undefined {
    return this.#captureDelay.median;
  }

  /** The source whose packets are sent now. */
  get source(): Inlet | null {
    return this.#current;
  }

  /** The next source. It takes over at its first key frame (audio: at its first packet); binding another one before that replaces it. */
  bind(inlet: Inlet, now: number): void {
    if (inlet === this.#current) return;
    if (this.#candidate !== null) this.#candidate.sink = null;
    this.#candidate = inlet;
    this.#waitingSince = -1;
    this.#handover.take();
    inlet.sink = this;
    inlet.requestKeyFrame(now);
  }

  /** The source has ended; one that waits takes over as soon as it can. */
  unbind(inlet: Inlet): void {
    inlet.sink = null;
    if (this.#candidate === inlet) {
      this.#candidate = null;
      this.#handover.take();
    }
    if (this.#current === inlet) this.#current = null;
  }

  forward(inlet: Inlet, packet: Buffer, header: RtpHeader, sequence: number, newest: boolean, now: number): void {
    const start = header.headerLength;
    const end = packet.length - header.paddingLength;
    const { mimeType } = this.#options;
    const keyFrame = end > start && this.kind === 'video' && startsKeyFrame(mimeType, packet, start, end);
    if (keyFrame && isBlankPicture(mimeType, packet, start, end)) {
      if (newest && inlet === this.#current && inlet.generation === this.#generation) this.#leaveOut(sequence);
      return;
    }
    if (inlet === this.#candidate && (keyFrame || this.#handover.holds)) {
      if (this.#current !== null && this.#handover.mustWait(now)) {
        this.#handover.hold(packet, header, sequence, newest);
        return;
      }
      this.#release(inlet, now);
    }
    if (inlet !== this.#current || inlet.generation !== this.#generation) {
      if (end === start || !newest || !this.#admits(inlet, keyFrame, now)) return;
      this.#takeOver(inlet, header, sequence, now);
    } else if (end > start) {
      this.#timeline.follow(header.timestamp, newest, now);
    }
    if (end === start && newest) {
      this.#leaveOut(sequence);
      return;
    }
    const number = this.#numbers.map(sequence);
    if (number < 0) {
      this.#stats.late++;
      return;
    }
    if (keyFrame) this.#countKeyFrame(inlet, header.timestamp);
    if (newest) {
      this.lastPacketAt = now;
      this.#timestamp = header.timestamp;
      this.resting = this.kind === 'audio' && end - start <= DTX_PAYLOAD;
    }
    if (end > start && (header.marker || this.kind === 'audio')) this.#stats.frames++;
    this.#send(packet, header, number & 0xffff, keyFrame, now);
    if (newest && this.kind === 'video') {
      this.#handover.passed(header.marker, now);
      if (header.marker && this.#handover.holds && this.#candidate !== null) this.#release(this.#candidate, now);
    }
  }

  senderReport(inlet: Inlet): void {
    if (inlet === this.#current && inlet.generation === this.#generation) this.#report(inlet);
  }

  /** RTCP from the stage's server. Parts about other tracks are passed over. */
  onStageRtcp(packet: Buffer, now: number): void {
    const { ssrc } = this.#output;
    forEachRtcp(packet, (type, format, offset, length) => {
      if (type === RTCP_RR) {
        if (format > 0 && length >= 32 && packet.readUInt32BE(offset + 8) === ssrc) this.#onReport(packet, offset + 8);
      } else if (type === RTCP_PSFB && length >= 12) {
        const about = format === PSFB_FIR && length >= 20 ? offset + 12 : offset + 8;
        if ((format === PSFB_PLI || format === PSFB_FIR) && packet.readUInt32BE(about) === ssrc) this.#onKeyFrameWanted(now);
      } else if (type === RTCP_RTPFB && format === RTPFB_NACK && length >= 16 && packet.readUInt32BE(offset + 8) === ssrc) {
        this.#onNack(readNack(packet, offset, length));
      }
    });
  }

  /** Call it a few times a second. */
  tick(now: number): void {
    const source = this.#current;
    if (source !== null && source.generation === this.#generation && !this.resting)
      this.#captureDelay.sample(source, this.#timestamp, this.lastPacketAt);
    if (now >= this.#repeatUntil || now - this.lastPacketAt <= SILENT_AFTER || now - this.#repeatedAt < REPEAT_INTERVAL) return;
    this.#repeat(now);
  }

  #admits(inlet: Inlet, keyFrame: boolean, now: number): boolean {
    const isCurrent = inlet === this.#current;
    if (!isCurrent && inlet !== this.#candidate) return false;
    if (isCurrent && inlet.jumped && !this.#repeated) {
      inlet.requestKeyFrame(now);
      return true;
    }
    if (this.kind === 'audio' || keyFrame) return true;
    inlet.requestKeyFrame(now);
    if (this.#waitingSince < 0) this.#waitingSince = now;
    return now - this.#waitingSince > KEY_FRAME_PATIENCE;
  }

  /** The last picture is to stay, and padding is of no use: the numbers close over them. */
  #leaveOut(sequence: number): void {
    this.#numbers.skip(sequence);
    this.#stats.padding++;
  }

  #release(candidate: Inlet, now: number): void {
    for (const { packet, header, sequence, newest } of this.#handover.take())
      this.forward(candidate, packet, header, sequence, newest, now);
  }

  #takeOver(inlet: Inlet, header: RtpHeader, sequence: number, now: number): void {
    const first = this.lastPacketAt < 0;
    const goesOn = inlet === this.#current;
    const afterRepeat = goesOn && this.#repeated;
    const sameStream = goesOn && inlet.ssrc === this.#ssrc && !this.#repeated;
    if (!goesOn) {
      if (this.#current !== null) this.#current.sink = null;
      this.#current = inlet;
      this.#candidate = null;
    }
    this.#generation = inlet.generation;
    this.#ssrc = inlet.ssrc;
    this.#repeated = false;
    this.#waitingSince = -1;
    this.#captureDelay.reset();
    // After a jump packets are missing: one number is left out for receivers to see it.
    this.#numbers.rebase(sequence, sameStream && inlet.jumped ? 1 : 0);
    if (first) this.#timeline.start(header.timestamp, now);
    else if (sameStream) this.#timeline.follow(header.timestamp, true, now);
    else this.#timeline.rebase(header.timestamp, now);
    if (!first && !sameStream && !afterRepeat) this.#stats.switches++;
    this.#keyFrameTimestamp = -1;
    if (first) this.#report(inlet);
    else this.#reportNow(inlet, header.timestamp, now);
    if (!goesOn) this.#options.onTakenOver?.(inlet);
  }

  #countKeyFrame(inlet: Inlet, timestamp: number): void {
    if (timestamp === this.#keyFrameTimestamp) return;
    this.#keyFrameTimestamp = timestamp;
    this.#stats.keyFrames++;
    inlet.keyFrameBegan();
  }

  #send(packet: Buffer, header: RtpHeader, sequenceNumber: number, keyFrame: boolean, now: number): void {
    const output = this.#output;
    let out = stripHeader(packet, header);
    if (output.audioLevelId !== undefined) out = this.#levels.add(out, output.audioLevelId, this.audioLevel);
    out[1] = (header.marker ? 0x80 : 0) | output.payloadType;
    out.writeUInt16BE(sequenceNumber, 2);
    out.writeUInt32BE(this.#timeline.map(header.timestamp), 4);
    out.writeUInt32BE(output.ssrc, 8);
    this.#ring.put(sequenceNumber, out);
    if (this.kind === 'video') this.#keyFrame.add(out, sequenceNumber, keyFrame, header.marker);
    if (!output.send(out)) {
      this.#stats.unsent++;
      return;
    }
    this.#stats.bytes += out.length;
    this.#payloadBytes += packet.length - header.headerLength - header.paddingLength;
    if (++this.#stats.packets === 1) this.#options.onFirstPacket(now);
    this.#latency.sent(now);
  }

  #report(inlet: Inlet): void {
    const { report } = inlet;
    if (report === undefined) return;
    const ntp = inlet.clock.toOurs(report.ntp, this.#options.epoch + report.at);
    this.#reports.send(ntp, this.#timeline.map(report.timestamp), this.#stats.packets, this.#payloadBytes);
  }

  /**
   * The timestamps were moved, so the relation of voice and picture is another one, and the next report of the source may be seconds away. Its last one
   * is carried on to now; without one, what has just come was made just now.
   */
  #reportNow(inlet: Inlet, timestamp: number, now: number): void {
    const { report } = inlet;
    const ntp = this.#options.epoch + now + NTP_EPOCH_DIFFERENCE;
    const since = report === undefined ? 0 : ntp - inlet.clock.toOurs(report.ntp, this.#options.epoch + report.at);
    const at = (report?.timestamp ?? timestamp) + Math.round((since * this.#output.clockRate) / 1000);
    this.#reports.send(ntp, this.#timeline.map(at), this.#stats.packets, this.#payloadBytes);
  }

  #onReport(packet: Buffer, block: number): void {
    this.#stats.stageFractionLost = packet[block + 4]! / 256;
    this.#stats.stageLost = packet.readIntBE(block + 5, 3);
  }

  #onKeyFrameWanted(now: number): void {
    this.#stats.plis++;
    this.#current?.requestKeyFrame(now);
    this.#repeatUntil = now + REPEAT_TIME;
    this.tick(now);
  }

  /** The last key frame once more. Whatever the source sends next refers to later pictures, so that has to wait for a key frame of its own. */
  #repeat(now: number): void {
    const packets = this.#keyFrame.packets();
    if (packets.length === 0) return;
    const timestamp = this.#timeline.advance(now);
    for (const packet of packets) {
      const sequenceNumber = this.#numbers.next() & 0xffff;
      packet.writeUInt16BE(sequenceNumber, 2);
      packet.writeUInt32BE(timestamp, 4);
      this.#ring.put(sequenceNumber, packet);
      this.#output.send(packet);
    }
    this.#generation = -1;
    this.#repeated = true;
    this.#repeatedAt = now;
    this.#waitingSince = -1;
    this.#stats.keyFramesRepeated++;
  }

  #onNack(numbers: number[]): void {
    this.#stats.nacks += numbers.length;
    for (const number of numbers) {
      const packet = this.#ring.get(number);
      if (packet !== undefined && this.#output.send(packet)) this.#stats.resent++;
    }
  }
}
