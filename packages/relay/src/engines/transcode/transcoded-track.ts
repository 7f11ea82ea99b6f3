import type { LocalTrack } from '@livekit/rtc-node';
import type { RelayMediaKind, TrackStats } from '../../media-relay.ts';
import { StallWatch } from '../../relay/stall-watch.ts';
import type { StallEvent } from '../../relay/stall-watch.ts';
import type { StageTrack } from '../../relay/engine.ts';
import type { Carrier } from './carrier.ts';
import { setTrackMuted } from './ffi.ts';
import type { InboundSums } from './inbound-stats.ts';
import type { Outbound } from './outbound-stats.ts';
import type { DecodedTrack } from './transcode-source.ts';

export type TranscodedTrackOptions = {
  kind: RelayMediaKind;
  codec: string;
  carrier: Carrier;
  local: LocalTrack;
  lastPacketAt(): number;
  inbound(): InboundSums;
  outbound(): Promise<Outbound>;
};

/** One track on the stage, encoded anew from whatever feeds it. */
export class TranscodedTrack implements StageTrack<DecodedTrack> {
  readonly #options: TranscodedTrackOptions;
  readonly #watch = new StallWatch();
  #newest: DecodedTrack | undefined;
  #muted = false;
  #framesBefore = 0;
  #countedAt = performance.now();
  #framesPerSecond = 0;

  constructor(options: TranscodedTrackOptions) {
    this.#options = options;
  }

  get lastPacketAt(): number {
    return this.#options.lastPacketAt();
  }

  get muted(): boolean {
    return this.#newest?.muted() ?? false;
  }

  feed(track: DecodedTrack, taken?: () => void): void {
    this.#newest = track;
    this.#options.carrier.feed(track, taken);
    this.#showMute(track.muted());
  }

  end(track: DecodedTrack): void {
    this.#options.carrier.end(track);
    if (this.#newest === track) this.#newest = undefined;
  }

  setMuted(track: DecodedTrack, muted: boolean): void {
    if (track === this.#newest) this.#showMute(muted);
  }

  /** The stage's server hears by itself how loud it is. */
  setLevel(): void {}

  /** LiveKit's client does not tell who watches. */
  setWanted(): void {}

  check(now: number): StallEvent | undefined {
    return this.#watch.check(this.lastPacketAt, !this.muted, now);
  }

  everySecond(now: number): void {
    const { carrier } = this.#options;
    this.#framesPerSecond = ((carrier.frames - this.#framesBefore) * 1000) / (now - this.#countedAt);
    this.#framesBefore = carrier.frames;
    this.#countedAt = now;
  }

  async stats(): Promise<TrackStats> {
    const { codec, carrier } = this.#options;
    const outbound = await this.#options.outbound();
    const inbound = this.#options.inbound();
    return {
      codec,
      packets: outbound.packets,
      bytes: outbound.bytes,
      lost: inbound.lost,
      repaired: inbound.repaired,
      jitter: Math.round(inbound.jitter * 10) / 10,
      nacksSent: inbound.nacks,
      nacksReceived: outbound.nacks,
      resent: outbound.resent,
      plisSent: inbound.plis,
      plisReceived: outbound.plis,
      keyFrames: outbound.keyFrames,
      keyFramesRepeated: 0,
      framesPerSecond: Math.round(this.#framesPerSecond * 10) / 10,
      switches: carrier.switches,
      dropped: { duplicates: 0, refused: 0, late: carrier.dropped, padding: 0, unsent: 0 },
      stageLost: outbound.lost,
      sinceLastPacket: this.lastPacketAt < 0 ? -1 : Math.round(performance.now() - this.lastPacketAt),
      muted: this.muted,
    };
  }

  close(): void {
    this.#options.carrier.close();
    void this.#options.local.close();
  }

  #showMute(muted: boolean): void {
    if (muted === this.#muted) return;
    this.#muted = muted;
    setTrackMuted(this.#options.local, muted);
  }
}
