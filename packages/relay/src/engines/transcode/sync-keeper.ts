import type { Room } from '@livekit/rtc-node';
import type { RelayMediaKind } from '../../media-relay.ts';
import { FRAME_MS } from './audio-carrier.ts';
import type { AudioCarrier } from './audio-carrier.ts';
import { InboundStats, readInbound } from './inbound-stats.ts';
import type { InboundSums } from './inbound-stats.ts';
import { LEAST_DEPTH, MOST_DEPTH } from './queue-depth.ts';
import type { VideoCarrier } from './video-carrier.ts';

/** ms that pictures are held back at most: more would need more memory than it is worth. */
const MOST_HELD = 150;
/** Smaller changes of a delay are not made, ms: nobody sees them, and each costs a picture. */
const UNSEEN = 10;

/**
 * Keeps picture and voice together. libwebrtc would, but not without an audio device, so the two come out of
 * their jitter buffers apart. How long they were in there is known from its statistics; what comes out
 * earlier is held back for the difference.
 */
export class SyncKeeper {
  video: VideoCarrier | undefined;
  audio: AudioCarrier | undefined;
  readonly #inbound = new InboundStats();
  #soundDelay: number | undefined;
  #pictureDelay: number | undefined;
  #measuring = false;

  /** ms that we make the voice later than the picture, lately. */
  get skew(): number | undefined {
    if (
      this.#soundDelay === undefined ||
      this.#pictureDelay === undefined ||
      this.video === undefined ||
      this.audio === undefined
    )
      return undefined;
    return Math.round(this.#soundDelay + this.audio.depth.average - this.#pictureDelay - this.video.held);
  }

  /** How loud the voice is now, 0..1. */
  get loudness(): number {
    return this.audio?.loudness ?? 0;
  }

  sums(kind: RelayMediaKind): InboundSums {
    return this.#inbound.sums(kind);
  }

  /**
   * When the last packet came, in monotonic ms; -1 before the first. Pictures are seen as they come, packets
   * of sound only when measured.
   */
  lastPacketAt(kind: RelayMediaKind): number {
    if (kind === 'video') return this.video?.lastFrameAt ?? -1;
    const at = this.#inbound.newest('audio')?.lastPacketAt ?? 0;
    return at === 0 ? -1 : at - performance.timeOrigin;
  }

  /** Call it once a second. */
  async measure(source: Room): Promise<void> {
    if (this.#measuring) return;
    this.#measuring = true;
    try {
      const { publisherStats, subscriberStats } = await source.getRtcStats();
      // With a single peer connection for both ways everything is the publisher's.
      this.#inbound.update(readInbound([...publisherStats, ...subscriberStats]));
      if (this.#inbound.sums('audio').packets > 0) this.audio?.open();
      this.#correct();
    } catch {
      // The room was left meanwhile.
    } finally {
      this.#measuring = false;
    }
  }

  #correct(): void {
    const { video, audio } = this;
    const sound = this.#inbound.delay('audio');
    // Half of a frame waits for the other half.
    this.#soundDelay = average(this.#soundDelay, sound === undefined ? undefined : sound + FRAME_MS / 2);
    this.#pictureDelay = average(this.#pictureDelay, this.#inbound.delay('video'));
    if (
      this.#soundDelay === undefined ||
      this.#pictureDelay === undefined ||
      video === undefined ||
      audio === undefined
    )
      return;
    const delay = Math.max(this.#soundDelay + LEAST_DEPTH, this.#pictureDelay);
    audio.depth.target = Math.min(MOST_DEPTH, delay - this.#soundDelay);
    const held = Math.min(MOST_HELD, Math.round(delay - this.#pictureDelay));
    if (Math.abs(held - video.delay) >= UNSEEN) video.delay = held;
  }
}

/** Of what was measured lately. */
function average(before: number | undefined, now: number | undefined): number | undefined {
  return before === undefined || now === undefined ? (now ?? before) : (before + now) / 2;
}
