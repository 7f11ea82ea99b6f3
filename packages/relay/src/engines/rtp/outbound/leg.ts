import type { MediaKind, RtpHeader } from '@avatar-bridge/livekit-rtp';
import { isBlankPicture } from '../../../packets/blank-picture.ts';
import { CaptureDelay } from './capture-delay.ts';
import type { Delay } from './capture-delay.ts';
import { Handover } from './handover.ts';
import type { Inlet, InletSink } from '../inbound/inlet.ts';
import { startsKeyFrame } from '../../../packets/key-frame.ts';
import type { LegStats } from './leg-stats.ts';
import { OutboundStream } from './outbound-stream.ts';
import type { OutboundStreamOptions } from './outbound-stream.ts';

export type { LegStats } from './leg-stats.ts';

/**
 * How long a new source of video may go without a recognised key frame until its packets are passed on all
 * the same, in ms.
 */
const KEY_FRAME_PATIENCE = 3_000;
/** Opus frames of at most 2 bytes announce silence during which nothing needs to be sent (RFC 6716, DTX). */
const DTX_PAYLOAD = 2;

export type LegOptions = Omit<OutboundStreamOptions, 'keyFrameWanted'> & {
  /** Lower case. */
  mimeType: string;
  /** The first packet of all has been sent. */
  onFirstPacket(now: number): void;
  /** The source that was bound last has taken over. */
  onTakenOver?(inlet: Inlet): void;
};

/**
 * One outbound track with the sources that feed it. Whatever they do (end, begin anew, replace each other),
 * the stage gets one stream. A new source takes over at its first key frame, while the former one goes on.
 */
export class Leg implements InletSink {
  readonly kind: MediaKind;
  /** `now` of the last media packet that was passed on; -1 before the first. */
  lastPacketAt = -1;
  /** Whether the source announced with that packet that it may send nothing for a while. */
  resting = false;

  readonly #options: LegOptions;
  readonly #stream: OutboundStream;
  readonly #captureDelay = new CaptureDelay();
  readonly #handover = new Handover();
  #current: Inlet | null = null;
  #candidate: Inlet | null = null;
  /** Since when packets come that are not passed on for want of a key frame; -1 when none do. */
  #waitingSince = -1;
  #generation = -1;
  /**
   * Whether the last thing that was sent is a key frame that the stage had before: what comes next has to
   * begin with one of the source.
   */
  #repeated = false;
  #ssrc = -1;
  /** The source's, of the last media packet. */
  #timestamp = 0;
  #keyFrameTimestamp = -1;

  constructor(options: LegOptions) {
    this.kind = options.kind;
    this.#options = options;
    this.#stream = new OutboundStream({ ...options, keyFrameWanted: (now) => this.#onKeyFrameWanted(now) });
  }

  get stats(): LegStats {
    return { ...this.#stream.stats };
  }

  /**
   * Written into audio packets, in -dBov. The vendor's server takes the true one out, and without any the
   * stage's would name no speaker.
   */
  set audioLevel(level: number) {
    this.#stream.audioLevel = level;
  }

  /** From a packet's arrival until it was sent, of the last samples; `undefined` before the first. ms. */
  get addedLatency(): { p50: number; p99: number } | undefined {
    return this.#stream.addedLatency;
  }

  /** From capture until sending, of the last seconds; `undefined` before the source's first sender report. */
  get captureDelay(): Delay | undefined {
    return this.#captureDelay.median;
  }

  /** The source whose packets are sent now. */
  get source(): Inlet | null {
    return this.#current;
  }

  /**
   * The next source. It takes over at its first key frame (audio: at its first packet); binding another one
   * before that replaces it.
   */
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

  forward(
    inlet: Inlet,
    packet: Buffer,
    header: RtpHeader,
    sequence: number,
    newest: boolean,
    now: number,
  ): void {
    const start = header.headerLength;
    const end = packet.length - header.paddingLength;
    const { mimeType } = this.#options;
    const keyFrame = end > start && this.kind === 'video' && startsKeyFrame(mimeType, packet, start, end);
    if (keyFrame && isBlankPicture(mimeType, packet, start, end)) {
      // The last picture is to stay.
      if (newest && inlet === this.#current && inlet.generation === this.#generation)
        this.#stream.skip(sequence);
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
      this.#stream.timeline.follow(header.timestamp, newest, now);
    }
    if (end === start && newest) {
      this.#stream.skip(sequence);
      return;
    }
    const number = this.#stream.numberOf(sequence);
    if (number < 0) return;
    if (keyFrame) this.#countKeyFrame(inlet, header.timestamp);
    if (newest) {
      this.lastPacketAt = now;
      this.#timestamp = header.timestamp;
      this.resting = this.kind === 'audio' && end - start <= DTX_PAYLOAD;
    }
    if (end > start && (header.marker || this.kind === 'audio')) this.#stream.stats.frames++;
    if (this.#stream.send(packet, header, number, keyFrame, now) && this.#stream.stats.packets === 1)
      this.#options.onFirstPacket(now);
    if (newest && this.kind === 'video') {
      this.#handover.passed(header.marker, now);
      if (header.marker && this.#handover.holds && this.#candidate !== null)
        this.#release(this.#candidate, now);
    }
  }

  senderReport(inlet: Inlet): void {
    if (inlet === this.#current && inlet.generation === this.#generation) this.#stream.passReport(inlet);
  }

  /** RTCP from the stage's server. Parts about other tracks are passed over. */
  onStageRtcp(packet: Buffer, now: number): void {
    this.#stream.receiveRtcp(packet, now);
  }

  /** Call it a few times a second. */
  tick(now: number): void {
    const source = this.#current;
    if (source !== null && source.generation === this.#generation && !this.resting)
      this.#captureDelay.sample(source, this.#timestamp, this.lastPacketAt);
    if (this.#stream.repeatKeyFrame(this.lastPacketAt, now)) this.#afterRepeat();
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
    this.#keyFrameTimestamp = -1;
    if (!first && !sameStream && !afterRepeat) this.#stream.stats.switches++;
    const how = first ? 'first' : sameStream ? 'same' : 'another';
    this.#stream.begin(inlet, header, sequence, how, sameStream && inlet.jumped ? 1 : 0, now);
    if (!goesOn) this.#options.onTakenOver?.(inlet);
  }

  #countKeyFrame(inlet: Inlet, timestamp: number): void {
    if (timestamp === this.#keyFrameTimestamp) return;
    this.#keyFrameTimestamp = timestamp;
    this.#stream.stats.keyFrames++;
    inlet.keyFrameBegan();
  }

  #onKeyFrameWanted(now: number): void {
    this.#current?.requestKeyFrame(now);
    this.tick(now);
  }

  /**
   * Whatever the source sends next refers to later pictures than the repeated one, so that has to wait for a
   * key frame of its own.
   */
  #afterRepeat(): void {
    this.#generation = -1;
    this.#repeated = true;
    this.#waitingSince = -1;
  }
}
