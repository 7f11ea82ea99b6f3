import { VideoStream } from '@livekit/rtc-node';
import type { VideoFrame, VideoFrameEvent, VideoSource } from '@livekit/rtc-node';
import type { Carrier } from './carrier.ts';
import { DelayLine } from './delay-line.ts';
import { Intake } from './intake.ts';
import type { DecodedTrack } from './transcode-source.ts';

/**
 * LiveKit's server ends and mutes tracks with blank pictures, 2 x 2 pixels in H264 and 8 x 8 in VP8: the last
 * real one shall stay. Scaling one of them down would end the process, too.
 */
const LEAST_WIDTH = 16;
/** 1.4 MB each at 720p. */
const MOST_HELD = 6;
/** How many pictures the average of `held` looks back. */
const AVERAGED = 16;

/**
 * Decoded pictures from the avatar's tracks to the source that is encoded. The SDK buffers without bound, so
 * it is read without pause.
 */
export class VideoCarrier implements Carrier {
  frames = 0;
  onNextFrame: (() => void) | undefined;
  /** Monotonic ms; -1 before the first picture. */
  lastFrameAt = -1;
  /** ms that pictures were held lately, on average. */
  held = 0;
  /** The first picture, once there is one. */
  readonly first: Promise<VideoFrame>;
  readonly #first = Promise.withResolvers<VideoFrame>();
  readonly #intake: Intake<DecodedTrack, VideoFrameEvent>;
  readonly #line = new DelayLine<VideoFrameEvent & { at: number }>(MOST_HELD);
  readonly #failed: (error: unknown) => void;
  #source: VideoSource | undefined;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
    this.first = this.#first.promise;
    this.#intake = new Intake({
      open: ({ track }: DecodedTrack) => new VideoStream(track),
      onFrame: (event) => this.#onFrame(event),
      onError: failed,
    });
  }

  get dropped(): number {
    return this.#line.dropped;
  }

  get switches(): number {
    return this.#intake.switches;
  }

  /** ms that pictures are held back. */
  get delay(): number {
    return this.#line.delay;
  }

  set delay(delay: number) {
    this.#line.delay = delay;
  }

  feed(track: DecodedTrack, taken?: () => void): void {
    this.#intake.feed(track, taken);
  }

  end(track: DecodedTrack): void {
    this.#intake.end(track);
  }

  /** From now on pictures go there. */
  attach(source: VideoSource): void {
    this.#source = source;
    this.#flush();
  }

  close(): void {
    this.#source = undefined;
    this.#intake.close();
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#line.clear();
  }

  #onFrame(event: VideoFrameEvent): void {
    if (event.frame.width < LEAST_WIDTH) return;
    const at = performance.now();
    this.lastFrameAt = at;
    this.#first.resolve(event.frame);
    this.#line.push({ ...event, at }, at);
    if (this.#source === undefined) return;
    // Whatever else is waiting to be read is read before this, and only the newest is encoded.
    if (this.#line.delay === 0) this.#immediate ??= setImmediate(() => this.#flush());
    else this.#schedule();
  }

  #schedule(): void {
    const due = this.#line.nextDue;
    if (due !== undefined)
      this.#timer ??= setTimeout(() => this.#flush(), Math.max(0, due - performance.now()));
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#immediate = undefined;
    const now = performance.now();
    const picture = this.#line.take(now);
    if (picture !== undefined && this.#source !== undefined) {
      try {
        const shownAt = picture.timestampUs + BigInt(Math.round(this.#line.delay * 1000));
        this.#source.captureFrame(picture.frame, shownAt, picture.rotation);
      } catch (error) {
        this.#failed(error);
        return;
      }
      this.frames++;
      this.held += (now - picture.at - this.held) / AVERAGED;
      this.onNextFrame?.();
      this.onNextFrame = undefined;
    }
    this.#schedule();
  }
}
