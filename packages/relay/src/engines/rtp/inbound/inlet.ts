import { createRtpHeader, forEachRtcp, isRtcp, parseRtpHeader, RTCP_SR } from '@avatar-bridge/livekit-rtp';
import type { Codec, MediaKind, RtpHeader } from '@avatar-bridge/livekit-rtp';
import { Backlog } from './backlog.ts';
import type { Freshness } from './backlog.ts';
import { PayloadRoles, ROLE_MEDIA, ROLE_RTX } from '../../../packets/payload-roles.ts';
import { Reception } from '../../../packets/reception.ts';
import type { SourceClock } from './source-clock.ts';
import { SourceFeedback } from './source-feedback.ts';
import type { SourceFeedbackOptions } from './source-feedback.ts';
import { unwrapRtx } from '../../../packets/strip.ts';

/** Packets of an SSRC that was replaced are ignored for so long, should they still come. */
const FORMER_SSRC_IGNORED = 5_000;

/**
 * A sender report of the source (RFC 3550, 6.4.1): ms since 1900 on its clock, its RTP timestamp for that
 * time, and when it came.
 */
export type SenderReport = { ntp: number; timestamp: number; at: number };

/** Where an inlet's packets go: a Leg. */
export type InletSink = {
  forward(
    inlet: Inlet,
    packet: Buffer,
    header: RtpHeader,
    sequence: number,
    newest: boolean,
    now: number,
  ): void;
  senderReport(inlet: Inlet): void;
};

export type InletOptions = SourceFeedbackOptions & {
  /** Lower case: `video/h264`, `video/vp8`, `audio/opus`. */
  mimeType: string;
  /** The payload types of the m-line. */
  codecs: readonly Codec[];
  /** Shared by the tracks of one source. */
  clock: SourceClock;
};

export type InletStats = {
  packets: number;
  bytes: number;
  /** Packets that never came, not counting those before the last break of the stream. */
  lost: number;
  /** Packets that came because they were asked for. */
  repaired: number;
  duplicates: number;
  /**
   * Packets of no use here: unknown payload type, a replaced SSRC, too late, malformed, or from the backlog
   * of a server that stood still.
   */
  refused: number;
  nacks: number;
  plis: number;
  /** ms */
  jitter: number;
};

/**
 * One inbound track, bound to its m-line: sorts its packets and passes them on; its server is asked for what
 * is missing and for key frames. `now` is a monotonic time in ms everywhere.
 */
export class Inlet {
  readonly kind: MediaKind;
  readonly mimeType: string;
  readonly clockRate: number;
  readonly clock: SourceClock;
  /**
   * Grows when the packets do not follow on those before: another SSRC, a jump, or old packets that were left
   * out.
   */
  generation = 0;
  /** Whether the last break was a jump within one stream, so that packets are missing at it. */
  jumped = false;
  /** The last one; `undefined` before the first of the SSRC. */
  report: SenderReport | undefined;
  sink: InletSink | null = null;

  readonly #feedback: SourceFeedback;
  readonly #roles: PayloadRoles;
  readonly #header = createRtpHeader();
  readonly #backlog: Backlog;
  #reception: Reception | null = null;
  #formerSsrc = -1;
  #formerSince = 0;
  #packets = 0;
  #bytes = 0;
  #lostBefore = 0;
  #repaired = 0;
  #duplicates = 0;
  #refused = 0;

  constructor(options: InletOptions) {
    this.kind = options.kind;
    this.mimeType = options.mimeType;
    this.clock = options.clock;
    this.clockRate =
      options.codecs.find((codec) => codec.mimeType.toLowerCase() === options.mimeType)?.clockRate ?? 90_000;
    this.#feedback = new SourceFeedback(options);
    this.#roles = new PayloadRoles(options.codecs, options.mimeType);
    this.#backlog = new Backlog(this.clockRate);
  }

  /** The source's SSRC; -1 before its first packet. */
  get ssrc(): number {
    return this.#reception?.ssrc ?? -1;
  }

  /** One packet from the track, RTP or RTCP. It is changed in place and passed on. */
  receive(packet: Buffer, now: number): void {
    if (packet.length >= 2 && isRtcp(packet)) {
      this.#onRtcp(packet, now);
      return;
    }
    const header = parseRtpHeader(packet, this.#header);
    if (header === undefined) {
      this.#refused++;
      return;
    }
    this.#packets++;
    this.#bytes += packet.length;
    const role = this.#roles.of(header.payloadType);
    if (role === ROLE_MEDIA) this.#onMedia(packet, header, now, false);
    else if (role === ROLE_RTX) this.#onRtx(packet, header, now);
    else this.#refused++;
  }

  /**
   * Asks the source for a key frame, at most one request in 500 ms: a request that comes too early is made
   * later.
   */
  requestKeyFrame(now: number): void {
    this.#feedback.requestKeyFrame(now);
  }

  /** A key frame has begun: requests made before it are served. */
  keyFrameBegan(): void {
    this.#feedback.keyFrameBegan();
  }

  onTimer(now: number): void {
    this.#feedback.onTimer(now);
  }

  /** Receiver report and bandwidth for the server. Call it once a second, media or not. */
  sendReport(now: number): void {
    if (this.#reception !== null) this.#feedback.report(this.#reception, now);
  }

  stats(): InletStats {
    return {
      packets: this.#packets,
      bytes: this.#bytes,
      lost: this.#lostBefore + (this.#reception?.lost ?? 0),
      repaired: this.#repaired,
      duplicates: this.#duplicates,
      refused: this.#refused,
      nacks: this.#feedback.nacks,
      plis: this.#feedback.plis,
      jitter: this.#reception?.jitter ?? 0,
    };
  }

  #onRtx(packet: Buffer, header: RtpHeader, now: number): void {
    if (this.#reception === null) return;
    const original = unwrapRtx(packet, header, this.#roles.original(header.payloadType));
    if (original === undefined) return;
    header.ssrc = this.#reception.ssrc;
    this.#onMedia(original, header, now, true);
  }

  #onMedia(packet: Buffer, header: RtpHeader, now: number, resent: boolean): void {
    const reception = this.#receptionOf(header, now);
    if (reception === null) {
      this.#refused++;
      return;
    }
    const before = reception.highest;
    const sequence = reception.extend(header.sequenceNumber);
    const arrival = reception.arrived(sequence, header.timestamp, now, resent);
    switch (arrival) {
      case 'newest':
      case 'jump':
        if (!this.#takesNewest(packet, header, arrival, before + 1, sequence - 1, now)) return;
        this.sink?.forward(this, packet, header, reception.highest, true, now);
        return;
      case 'late':
        if (this.#backlog.draining) {
          this.#refused++;
          return;
        }
        if (this.#feedback.arrived(sequence)) this.#repaired++;
        this.sink?.forward(this, packet, header, sequence, false, now);
        return;
      case 'duplicate':
        this.#duplicates++;
        return;
      case 'too-old':
        this.#refused++;
        return;
    }
  }

  #receptionOf(header: RtpHeader, now: number): Reception | null {
    const current = this.#reception;
    if (current !== null && current.ssrc === header.ssrc) return current;
    if (header.ssrc === this.#formerSsrc && now - this.#formerSince < FORMER_SSRC_IGNORED) return null;
    if (current !== null) {
      this.#formerSsrc = current.ssrc;
      this.#formerSince = now;
      this.#lostBefore += current.lost;
    }
    this.#break(false);
    this.#backlog.reset();
    this.report = undefined;
    this.#feedback.mediaSsrc = header.ssrc;
    this.#reception = new Reception(header.ssrc, this.clockRate, header.sequenceNumber);
    return this.#reception;
  }

  /**
   * Old packets are left out, and the picture goes on with the next key frame. `from..to`: the numbers before
   * it that were jumped over.
   */
  #takesNewest(
    packet: Buffer,
    header: RtpHeader,
    arrival: 'newest' | 'jump',
    from: number,
    to: number,
    now: number,
  ): boolean {
    switch (this.#freshness(packet, header, now)) {
      case 'old':
        this.#refused++;
        this.requestKeyFrame(now);
        return false;
      case 'caught-up':
        this.#break(false);
        return true;
      case 'fresh':
        if (arrival === 'jump') this.#break(true);
        else if (to >= from) this.#feedback.missed(from, to, now);
        return true;
    }
  }

  /** Padding carries what timestamp it likes. */
  #freshness(packet: Buffer, header: RtpHeader, now: number): Freshness {
    if (packet.length > header.headerLength + header.paddingLength)
      return this.#backlog.judge(header.timestamp, now);
    return this.#backlog.draining ? 'old' : 'fresh';
  }

  #break(jumped: boolean): void {
    this.generation++;
    this.jumped = jumped;
    this.#feedback.forgetMissing();
  }

  #onRtcp(packet: Buffer, now: number): void {
    forEachRtcp(packet, (type, _format, offset, length) => {
      if (
        type !== RTCP_SR ||
        length < 28 ||
        this.#reception === null ||
        packet.readUInt32BE(offset + 4) !== this.#reception.ssrc
      )
        return;
      const seconds = packet.readUInt32BE(offset + 8);
      const fraction = packet.readUInt32BE(offset + 12);
      this.#reception.senderReport((((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0, now);
      this.report = {
        ntp: seconds * 1000 + (fraction * 1000) / 2 ** 32,
        timestamp: packet.readUInt32BE(offset + 16),
        at: now,
      };
      this.sink?.senderReport(this);
    });
  }
}
