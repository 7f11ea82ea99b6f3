import { AudioFrame, AudioStream } from '@livekit/rtc-node';
import type { AudioSource } from '@livekit/rtc-node';
import type { Carrier } from './carrier.ts';
import { Intake } from './intake.ts';
import { QueueDepth } from './queue-depth.ts';
import type { DecodedTrack } from './transcode-source.ts';

export const SAMPLE_RATE = 48_000;
/** As long as a packet of Opus, ms. */
export const FRAME_MS = 20;
const SAMPLES = (SAMPLE_RATE * FRAME_MS) / 1000;
/** Below this a frame more or less is not heard; 0..1. */
const QUIET = 0.003;

/**
 * Decoded sound from the avatar's tracks to the source that is encoded. The source takes 10 ms from its queue
 * every 10 ms, come what may, so its time never stands still; here it is seen to that the queue is as deep as
 * it shall be. The SDK hands out silence when no packets come: none is passed on before the first packet.
 */
export class AudioCarrier implements Carrier {
  frames = 0;
  dropped = 0;
  onNextFrame: (() => void) | undefined;
  /** 0..1, of the last tenths of a second. */
  loudness = 0;
  readonly depth = new QueueDepth(FRAME_MS);
  readonly #source: AudioSource;
  readonly #intake: Intake<DecodedTrack, AudioFrame>;
  #open = false;
  #closed = false;

  constructor(source: AudioSource, failed: (error: unknown) => void) {
    this.#source = source;
    const options = { sampleRate: SAMPLE_RATE, numChannels: source.numChannels, frameSizeMs: FRAME_MS };
    this.#intake = new Intake({
      open: ({ track }: DecodedTrack) => new AudioStream(track, options),
      onFrame: (frame) => this.#onFrame(frame),
      onError: failed,
    });
  }

  get switches(): number {
    return this.#intake.switches;
  }

  feed(track: DecodedTrack, taken?: () => void): void {
    this.#intake.feed(track, taken);
  }

  end(track: DecodedTrack): void {
    this.#intake.end(track);
  }

  /** Packets have come: what is handed out is sound. */
  open(): void {
    this.#open = true;
  }

  close(): void {
    this.#closed = true;
    this.#intake.close();
  }

  #onFrame(frame: AudioFrame): void {
    const level = rootMeanSquare(frame.data);
    this.loudness += (level - this.loudness) / 8;
    if (level > 0) this.#open = true;
    if (!this.#open || this.#closed) return;
    const wanted = this.depth.frames(this.#source.queuedDuration, level < QUIET);
    if (wanted === 0) this.dropped++;
    for (let silent = 1; silent < wanted; silent++)
      void this.#capture(AudioFrame.create(SAMPLE_RATE, this.#source.numChannels, SAMPLES));
    if (wanted > 0) void this.#capture(frame);
  }

  /**
   * Frames keep their order without waiting for each other. One is refused when the queue is full, which it
   * is not meant to be.
   */
  async #capture(frame: AudioFrame): Promise<void> {
    try {
      await this.#source.captureFrame(frame);
    } catch {
      this.dropped++;
      return;
    }
    this.frames++;
    this.onNextFrame?.();
    this.onNextFrame = undefined;
  }
}

/** Of every 8th sample, 0..1. */
function rootMeanSquare(samples: Int16Array): number {
  let squares = 0;
  let count = 0;
  for (let index = 0; index < samples.length; index += 8) {
    squares += samples[index]! ** 2;
    count++;
  }
  return count === 0 ? 0 : Math.sqrt(squares / count) / 32_768;
}
