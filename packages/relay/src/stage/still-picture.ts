import { forEachRtcp, type PublishedTrack, type RtpParticipant, RtpSender } from '@avatar-bridge/livekit-rtp';
import { stageCodec } from './carried-codec.ts';
import { avatarStream } from './stage-stream.ts';

/** A key frame, as the payloads of its RTP packets. */
export type Picture = {
  mimeType: 'video/h264' | 'video/vp8';
  payloads: readonly Uint8Array[];
  width: number;
  height: number;
};

const clockRate = 90_000;
const payloadSpecificFeedback = 206;
const pictureLossIndication = 1;
const fullIntraRequest = 4;
/**
 * How often the picture is sent, ms: after a request, since the first one may come before the viewer can show
 * it; and at rest.
 */
const repeatIntervalMs = 250;
const repeatForMs = 1_000;
const restIntervalMs = 5_000;

/** A video track on the stage that shows one picture, also to viewers who join later. */
export class StillPicture {
  /** Resolves when the track is published. Rejects as `publishTrack` does. */
  static async publish(
    participant: RtpParticipant,
    picture: Picture,
    signal: AbortSignal,
  ): Promise<StillPicture> {
    const { mimeType, width, height } = picture;
    const track = await participant.publishTrack({
      kind: 'video',
      name: 'avatar-video',
      source: 'camera',
      stream: avatarStream,
      codec: stageCodec(mimeType, []),
      width,
      height,
      signal,
    });
    return new StillPicture(track, picture);
  }

  readonly #track: PublishedTrack;
  readonly #payloads: readonly Uint8Array[];
  readonly #sender: RtpSender;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #wantedUntil = repeatForMs;
  #sentAt = -Infinity;
  #closing: Promise<void> | undefined;

  private constructor(track: PublishedTrack, picture: Picture) {
    this.#track = track;
    this.#payloads = picture.payloads;
    this.#sender = new RtpSender(track, clockRate);
    track.onRtcp = (packet) => this.#onRtcp(packet);
    this.#timer = setInterval(() => this.#sendIfDue(), repeatIntervalMs);
    this.#sendIfDue();
  }

  get sid(): string {
    return this.#track.sid;
  }

  /** Sends nothing more; the track goes with its participant. Idempotent. */
  stop(): void {
    clearInterval(this.#timer);
    this.#sender.close();
    this.#track.onRtcp = null;
  }

  /** Takes the track off the stage. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.stop();
    await this.#track.unpublish();
  }

  #onRtcp(packet: Buffer): void {
    forEachRtcp(packet, (type, format) => {
      if (type !== payloadSpecificFeedback) return;
      if (format !== pictureLossIndication && format !== fullIntraRequest) return;
      this.#wantedUntil = this.#elapsed() + repeatForMs;
    });
  }

  #sendIfDue(): void {
    const elapsed = this.#elapsed();
    const interval = elapsed < this.#wantedUntil ? repeatIntervalMs - 50 : restIntervalMs;
    if (elapsed - this.#sentAt < interval) return;
    this.#sentAt = elapsed;
    this.#sender.sendFrame(this.#payloads, Math.round((elapsed * clockRate) / 1_000));
  }

  #elapsed(): number {
    return performance.now() - this.#startedAt;
  }
}
