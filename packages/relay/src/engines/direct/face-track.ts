import { createRtpHeader, isRtcp, parseRtpHeader, type SubscribedTrack } from '@avatar-bridge/livekit-rtp';
import type { RelayMediaKind, TrackStats } from '../../media-relay.ts';
import { type StallEvent, StallWatch } from '../../relay/stall-watch.ts';
import { carriedCodec } from '../../stage/carried-codec.ts';
import type { Picture } from '../../stage/still-picture.ts';
import { PayloadRoles, ROLE_MEDIA } from '../../packets/payload-roles.ts';
import { Reception } from '../../packets/reception.ts';
import { KeyFrameCache } from '../../packets/key-frame-cache.ts';
import { isBlankPicture } from '../../packets/blank-picture.ts';
import { startsKeyFrame } from '../../packets/key-frame.ts';
import { stripHeader } from '../../packets/strip.ts';

/** Opus packets of up to this size mean silence: DTX, after which none come until somebody speaks. */
const silenceSize = 3;
const rtpHeaderSize = 12;
const clockRates: Record<RelayMediaKind, number> = { video: 90_000, audio: 48_000 };

/**
 * One kind of the avatar's media on the stage, as its packets tell. It lasts while tracks come and go. Times
 * are monotonic ms.
 */
export class FaceTrack {
  readonly kind: RelayMediaKind;
  readonly #onFirstPacket: () => void;
  readonly #watch = new StallWatch();
  readonly #keyFrames = new KeyFrameCache();
  readonly #header = createRtpHeader();
  #track: SubscribedTrack | undefined;
  #roles: PayloadRoles | undefined;
  #mimeType = '';
  #size = { width: 0, height: 0 };
  #reception: Reception | undefined;
  #enabled = true;
  #pausedUntil = -1;
  #lastPacketAt = -1;
  #silent = false;
  #lostBefore = 0;
  #counts = { packets: 0, bytes: 0, frames: 0, keyFrames: 0 };
  #keyFrameTimestamp = -1;
  #framesBefore = 0;
  #framesCountedAt = performance.now();
  #framesPerSecond = 0;

  constructor(kind: RelayMediaKind, onFirstPacket: () => void) {
    this.kind = kind;
    this.#onFirstPacket = onFirstPacket;
  }

  get sid(): string | undefined {
    return this.#track?.sid;
  }

  get present(): boolean {
    return this.#track !== undefined;
  }

  get started(): boolean {
    return this.#lastPacketAt >= 0;
  }

  get muted(): boolean {
    return this.#track?.info.muted ?? false;
  }

  get stalled(): boolean {
    return this.#watch.stalled;
  }

  /** The last key frame that came whole. */
  get picture(): Picture | undefined {
    const payloads = this.#keyFrames.packets().map((packet) => Buffer.from(packet.subarray(rtpHeaderSize)));
    if (payloads.length === 0) return undefined;
    return { mimeType: this.#mimeType as Picture['mimeType'], payloads, ...this.#size };
  }

  attach(track: SubscribedTrack): void {
    if (this.#track) this.#track.onPacket = null;
    this.#track = track;
    const { width, height, mimeType } = track.info;
    this.#size = { width, height };
    this.#mimeType = carriedCodec(this.kind, mimeType, track.codecs) ?? mimeType.toLowerCase();
    this.#roles = new PayloadRoles(track.codecs, this.#mimeType);
    this.#forgetReception();
    if (!this.#enabled) track.setEnabled(false);
    track.onPacket = (packet) => this.#receive(packet, performance.now());
  }

  /** Whether that was the track that is watched. */
  detach(track: SubscribedTrack): boolean {
    if (track !== this.#track) return false;
    track.onPacket = null;
    this.#track = undefined;
    return true;
  }

  /**
   * Whether the server shall send its packets to us; they are only counted, so a picture nobody watches is
   * not asked for.
   */
  setEnabled(enabled: boolean): void {
    if (enabled === this.#enabled) return;
    this.#enabled = enabled;
    this.#track?.setEnabled(enabled);
  }

  /** Call it a few times a second. */
  check(now: number): StallEvent | undefined {
    if (!this.started) return undefined;
    if (!this.#enabled) this.#pausedUntil = now;
    const expected = this.#enabled && !this.muted && !this.#silent;
    return this.#watch.check(Math.max(this.#lastPacketAt, this.#pausedUntil), expected, now);
  }

  /** Nothing could come until now. */
  forgive(now: number): void {
    this.#pausedUntil = now;
  }

  everySecond(now: number): void {
    const { frames } = this.#counts;
    this.#framesPerSecond = ((frames - this.#framesBefore) * 1_000) / (now - this.#framesCountedAt);
    this.#framesBefore = frames;
    this.#framesCountedAt = now;
  }

  /** What came from the avatar; nothing is sent to the stage, so what a relay counts of that is 0. */
  stats(now: number): TrackStats {
    const { packets, bytes, keyFrames } = this.#counts;
    return {
      codec: this.#mimeType,
      packets,
      bytes,
      lost: this.#lostBefore + (this.#reception?.lost ?? 0),
      repaired: 0,
      jitter: Math.round((this.#reception?.jitter ?? 0) * 10) / 10,
      nacksSent: 0,
      nacksReceived: 0,
      resent: 0,
      plisSent: 0,
      plisReceived: 0,
      keyFrames,
      keyFramesRepeated: 0,
      framesPerSecond: Math.round(this.#framesPerSecond * 10) / 10,
      switches: 0,
      dropped: { duplicates: 0, refused: 0, late: 0, padding: 0, unsent: 0 },
      stageLost: 0,
      sinceLastPacket: this.#lastPacketAt < 0 ? -1 : Math.round(now - this.#lastPacketAt),
      muted: this.muted,
    };
  }

  #receive(packet: Buffer, now: number): void {
    const header = this.#header;
    if (isRtcp(packet) || parseRtpHeader(packet, header) === undefined) return;
    if (this.#roles?.of(header.payloadType) !== ROLE_MEDIA) return;
    const size = packet.length - header.headerLength - header.paddingLength;
    if (size <= 0) return;
    const start = header.headerLength;
    const starts = startsKeyFrame(this.#mimeType, packet, start, start + size);
    // The server's own, with which it ends and mutes a track.
    if (starts && isBlankPicture(this.#mimeType, packet, start, start + size)) return;
    this.#count(header.ssrc, header.sequenceNumber, header.timestamp, now);
    this.#counts.packets++;
    this.#counts.bytes += packet.length;
    if (header.marker || this.kind === 'audio') this.#counts.frames++;
    this.#silent = this.kind === 'audio' && size <= silenceSize;
    if (this.kind === 'video') this.#record(packet, starts);
    const first = this.#lastPacketAt < 0;
    this.#lastPacketAt = now;
    if (first) this.#onFirstPacket();
  }

  #record(packet: Buffer, starts: boolean): void {
    const { sequenceNumber, timestamp, marker } = this.#header;
    // Parameter sets and picture can be packets of their own.
    if (starts && timestamp !== this.#keyFrameTimestamp) this.#counts.keyFrames++;
    if (starts) this.#keyFrameTimestamp = timestamp;
    this.#keyFrames.add(stripHeader(packet, this.#header), sequenceNumber, starts, marker);
  }

  #count(ssrc: number, sequenceNumber: number, timestamp: number, now: number): void {
    if (this.#reception?.ssrc !== ssrc) {
      this.#forgetReception();
      this.#reception = new Reception(ssrc, clockRates[this.kind], sequenceNumber);
    }
    this.#reception.arrived(this.#reception.extend(sequenceNumber), timestamp, now, false);
  }

  #forgetReception(): void {
    this.#lostBefore += this.#reception?.lost ?? 0;
    this.#reception = undefined;
  }
}
