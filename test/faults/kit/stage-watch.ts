import {
  isRtcp,
  parseRtpHeader,
  RtpParticipant,
  type SubscribedTrack,
} from '../../../packages/livekit-rtp/src/index.ts';
import { AccessToken } from 'livekit-server-sdk';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LivekitAccess } from '../../../scripts/stack/stack.ts';
import { Gaps, type Gap } from './gaps.ts';
import { now } from './now.ts';

export type MediaGap = { videoMs: number; audioMs: number; frameGapMs: number };

/** A viewer of one session's stage who looks at packets, not at pictures, and comes back whenever the stage does. */
export class StageWatch implements AsyncDisposable {
  static async join(stage: LivekitAccess, room: string): Promise<StageWatch> {
    const token = new AccessToken(stage.apiKey, stage.apiSecret, {
      identity: `watch-${Math.random().toString(36).slice(2)}`,
      ttl: '6h',
    });
    token.addGrant({ roomJoin: true, room, canSubscribe: true, canPublish: false });
    const watch = new StageWatch(stage.url, await token.toJwt());
    watch.#watching = watch.#stay();
    return watch;
  }

  /** ms between packets, as they came. */
  readonly video = new Gaps(60);
  readonly audio = new Gaps(60);
  /** ms between pictures by the stage's own clock: what is missing in the film, however late it came. */
  readonly #frames: Gap[] = [];
  readonly #url: string;
  readonly #token: string;
  readonly #leave = new AbortController();
  #watching: Promise<void> | undefined;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** Picture and voice came at least once. */
  async untilWatching(timeoutMs = 30_000): Promise<void> {
    const deadline = now() + timeoutMs;
    while (this.video.lastAt === undefined || this.audio.lastAt === undefined) {
      if (now() > deadline) throw new Error(`No media came to the stage within ${timeoutMs / 1_000} s`);
      await sleep(20);
    }
  }

  /** The longest gaps that reach into a window. */
  longest(from: number, to: number): MediaGap {
    return {
      videoMs: this.video.longest(from, to),
      audioMs: this.audio.longest(from, to),
      frameGapMs: Math.max(
        0,
        ...this.#frames.filter((gap) => gap.to >= from && gap.from <= to).map((gap) => gap.ms),
      ),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leave.abort();
    await this.#watching;
  }

  async #stay(): Promise<void> {
    const { signal } = this.#leave;
    while (!signal.aborted) {
      try {
        const gone = Promise.withResolvers<void>();
        const participant = await RtpParticipant.connect({
          url: this.#url,
          token: this.#token,
          signal,
          listeners: {
            trackSubscribed: (track) => this.#look(track),
            disconnected: () => gone.resolve(),
          },
        });
        const close = (): void => void participant.close();
        signal.addEventListener('abort', close);
        await gone.promise;
        signal.removeEventListener('abort', close);
      } catch {
        // The stage is away; it is tried again.
      }
      await sleep(200, undefined, { signal }).catch(() => undefined);
    }
  }

  #look(track: SubscribedTrack): void {
    if (!track.participantIdentity.startsWith('avatar-')) return;
    const gaps = track.kind === 'video' ? this.video : this.audio;
    let stamp: number | undefined;
    let stampAt = 0;
    track.onPacket = (packet) => {
      if (isRtcp(packet)) return;
      const header = parseRtpHeader(packet);
      if (header === undefined || packet.length === header.headerLength + header.paddingLength) return;
      const at = now();
      gaps.note(at);
      if (track.kind !== 'video') return;
      const ms = stamp === undefined ? 0 : ((header.timestamp - stamp) | 0) / 90;
      if (ms > 50) this.#frames.push({ from: stampAt, to: at, ms });
      if (stamp !== undefined && ms <= 0) return;
      stamp = header.timestamp;
      stampAt = at;
    };
  }
}
