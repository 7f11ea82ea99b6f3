import type { PublishedTrack } from '@avatar-bridge/livekit-rtp';
import { TerminalError } from '../../errors.ts';
import type { RelayMediaKind, TrackStats } from '../../media-relay.ts';
import { levelOfSpeaker } from './outbound/audio-level.ts';
import type { Delay } from './outbound/capture-delay.ts';
import type { Inlet, InletStats } from './inbound/inlet.ts';
import { Leg } from './outbound/leg.ts';
import { StallWatch } from '../../relay/stall-watch.ts';
import type { StallEvent } from '../../relay/stall-watch.ts';
import type { StageTrack } from '../../relay/engine.ts';
import type { RtpSourceTrack } from './rtp-source.ts';
import { trackStats } from './track-stats.ts';

export type TrackRelayOptions = {
  kind: RelayMediaKind;
  mimeType: string;
  published: PublishedTrack;
  onFirstPacket(now: number): void;
};

/** One track on the stage with the source tracks that feed it, one after the other. */
export class RtpStageTrack implements StageTrack<RtpSourceTrack> {
  readonly kind: RelayMediaKind;
  readonly mimeType: string;
  readonly #published: PublishedTrack;
  readonly #leg: Leg;
  readonly #watch = new StallWatch();
  /** What fed it and has ended: the counts only. */
  readonly #ended: InletStats[] = [];
  readonly #feeding = new Set<RtpSourceTrack>();
  #source: RtpSourceTrack | null = null;
  #awaited: { source: RtpSourceTrack; taken: () => void } | null = null;
  #wanted = true;
  /** Those whose server was told not to send them. */
  readonly #paused = new Set<RtpSourceTrack>();
  #pausedUntil = -1;
  #framesBefore = 0;
  #framesCountedAt = performance.now();
  #framesPerSecond = 0;

  constructor(options: TrackRelayOptions) {
    const { published } = options;
    this.kind = options.kind;
    this.mimeType = options.mimeType;
    this.#published = published;
    this.#leg = new Leg({
      kind: options.kind,
      mimeType: options.mimeType,
      output: {
        ssrc: published.ssrc,
        payloadType: published.codec.payloadType,
        clockRate: published.codec.clockRate,
        get audioLevelId() {
          return published.audioLevelId;
        },
        send: (packet) => published.send(packet),
      },
      epoch: performance.timeOrigin,
      onFirstPacket: (now) => options.onFirstPacket(now),
      onTakenOver: (inlet) => this.#onTakenOver(inlet),
    });
    published.onRtcp = (packet) => this.#leg.onStageRtcp(packet, performance.now());
  }

  get lastPacketAt(): number {
    return this.#leg.lastPacketAt;
  }

  get muted(): boolean {
    return this.#source?.muted() ?? false;
  }

  /**
   * From capture until sending; `undefined` while that is not known, and while nothing is to come or comes.
   */
  get captureDelay(): Delay | undefined {
    const flows = !this.muted && !this.#isPaused && !this.#leg.resting && !this.#watch.stalled;
    return flows && this.#leg.source !== null ? this.#leg.captureDelay : undefined;
  }

  feed(source: RtpSourceTrack, taken?: () => void): void {
    if (source.mimeType !== this.mimeType) {
      const message = `source: the codec changed from ${this.mimeType} to ${source.mimeType}`;
      throw new TerminalError('unsupported-codec', message, { side: 'source' });
    }
    this.#source = source;
    this.#feeding.add(source);
    this.#awaited = taken === undefined ? null : { source, taken };
    if (this.#paused.delete(source)) source.setEnabled(true);
    this.#leg.bind(source.inlet, performance.now());
    this.#published.setMuted(source.muted());
  }

  end(source: RtpSourceTrack): void {
    this.#paused.delete(source);
    this.#leg.unbind(source.inlet);
    if (this.#feeding.delete(source)) this.#ended.push(source.inlet.stats());
    if (this.#source === source) this.#source = null;
  }

  setMuted(source: RtpSourceTrack, muted: boolean): void {
    if (source !== this.#source) return;
    this.#published.setMuted(muted);
    if (!muted) source.inlet.requestKeyFrame(performance.now());
  }

  setLevel(active: boolean, level: number): void {
    this.#leg.audioLevel = levelOfSpeaker(active, level);
  }

  setWanted(wanted: boolean): void {
    this.#wanted = wanted;
    if (wanted) this.#resume();
  }

  check(now: number): StallEvent | undefined {
    this.#leg.tick(now);
    if (!this.#wanted) this.#pause();
    const paused = this.#isPaused;
    if (paused) this.#pausedUntil = now;
    const lastPacketAt = Math.max(this.#leg.lastPacketAt, this.#pausedUntil);
    return this.#watch.check(lastPacketAt, !this.muted && !this.#leg.resting && !paused, now);
  }

  everySecond(now: number): void {
    const { frames } = this.#leg.stats;
    this.#framesPerSecond = ((frames - this.#framesBefore) * 1000) / (now - this.#framesCountedAt);
    this.#framesBefore = frames;
    this.#framesCountedAt = now;
  }

  stats(): TrackStats {
    const { addedLatency } = this.#leg;
    return trackStats({
      codec: this.mimeType,
      leg: this.#leg.stats,
      inlets: [...this.#ended, ...[...this.#feeding].map(({ inlet }) => inlet.stats())],
      framesPerSecond: Math.round(this.#framesPerSecond * 10) / 10,
      sinceLastPacket:
        this.#leg.lastPacketAt < 0 ? -1 : Math.round(performance.now() - this.#leg.lastPacketAt),
      muted: this.muted,
      ...(addedLatency === undefined ? {} : { addedLatency }),
    });
  }

  close(): void {
    this.#published.onRtcp = null;
    for (const source of this.#feeding) this.end(source);
  }

  /** Whether the source that feeds the stage was told not to send. */
  get #isPaused(): boolean {
    return [...this.#paused].some(({ inlet }) => inlet === this.#leg.source);
  }

  /**
   * The source that feeds the stage now. One that is to take over has to send, and one that stands still
   * without our doing is not to be hidden.
   */
  #pause(): void {
    const source = this.#source;
    if (
      source === null ||
      source.inlet !== this.#leg.source ||
      this.#paused.has(source) ||
      this.#watch.stalled
    )
      return;
    this.#paused.add(source);
    source.setEnabled(false);
  }

  #resume(): void {
    for (const source of this.#paused) {
      source.setEnabled(true);
      source.inlet.requestKeyFrame(performance.now());
    }
    this.#paused.clear();
  }

  #onTakenOver(inlet: Inlet): void {
    const awaited = this.#awaited;
    if (awaited?.source.inlet !== inlet) return;
    this.#awaited = null;
    awaited.taken();
  }
}
