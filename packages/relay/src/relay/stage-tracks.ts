import type { MediaStats, RelayEvents, RelayMediaKind } from '../media-relay.ts';
import type { StageRoom, StageTrack } from './engine.ts';

const KINDS: readonly RelayMediaKind[] = ['video', 'audio'];

export type StageTracksOptions<T> = {
  /** The stage as it is being joined; `undefined` before that. */
  stage: () => Promise<StageRoom<T>> | undefined;
  /** The source's newest track that has not ended. */
  latest: (kind: RelayMediaKind) => T | undefined;
  /** Both are on the stage. */
  complete: () => void;
  firstFrame: (frame: RelayEvents['firstFrame'][0]) => void;
  stalled: (stall: RelayEvents['mediaStalled'][0]) => void;
  resumed: (stall: RelayEvents['mediaResumed'][0]) => void;
  failed: (error: unknown) => void;
  /** Aborts what is being put on the stage. */
  signal: AbortSignal;
};

/**
 * The avatar's picture and voice on the stage: put there once, for good, and fed by whatever track the source
 * has.
 */
export class StageTracks<T extends { readonly kind: RelayMediaKind }> {
  readonly #options: StageTracksOptions<T>;
  readonly #tracks = new Map<RelayMediaKind, StageTrack<T>>();
  readonly #publishing = new Set<RelayMediaKind>();
  readonly #stalled = new Set<RelayMediaKind>();
  #closed = false;

  constructor(options: StageTracksOptions<T>) {
    this.#options = options;
  }

  get complete(): boolean {
    return KINDS.every((kind) => this.#tracks.has(kind));
  }

  /** The kinds of which nothing has ever come, though they are not muted. */
  get missing(): RelayMediaKind[] {
    return KINDS.filter((kind) => {
      const track = this.#tracks.get(kind);
      return track === undefined || (track.lastPacketAt < 0 && !track.muted);
    });
  }

  get(kind: RelayMediaKind): StageTrack<T> | undefined {
    return this.#tracks.get(kind);
  }

  isStalled(kind: RelayMediaKind): boolean {
    return this.#stalled.has(kind);
  }

  /** The source has this track from now on. */
  offer(track: T): void {
    const { kind } = track;
    const onStage = this.#tracks.get(kind);
    if (onStage !== undefined) this.#feed(onStage, track);
    else if (!this.#publishing.has(kind)) void this.#publish(track).catch(this.#options.failed);
  }

  end(track: T): void {
    this.#tracks.get(track.kind)?.end(track);
  }

  /** Call it a few times a second. */
  check(now: number): void {
    for (const [kind, track] of this.#tracks) {
      const event = track.check(now);
      if (event?.type === 'stalled') {
        this.#stalled.add(kind);
        this.#options.stalled({ kind, sinceMs: Math.round(event.since) });
      } else if (event?.type === 'resumed') {
        this.#stalled.delete(kind);
        this.#options.resumed({ kind, gapMs: Math.round(event.gap) });
      }
    }
  }

  everySecond(now: number): void {
    for (const track of this.#tracks.values()) track.everySecond(now);
  }

  async stats(): Promise<Pick<MediaStats, RelayMediaKind>> {
    const [video, audio] = await Promise.all([
      this.#tracks.get('video')?.stats(),
      this.#tracks.get('audio')?.stats(),
    ]);
    return { ...(video === undefined ? {} : { video }), ...(audio === undefined ? {} : { audio }) };
  }

  close(): void {
    this.#closed = true;
    for (const track of this.#tracks.values()) track.close();
  }

  /** When the track ends before it is on the stage, the next one is the reason for another try. */
  async #publish(track: T): Promise<void> {
    const { kind } = track;
    const { signal, failed, firstFrame, latest } = this.#options;
    this.#publishing.add(kind);
    const stage = await this.#options.stage();
    if (stage === undefined || this.#closed) return;
    const published = await stage.publish(track, {
      signal,
      firstPacket: (now) => firstFrame({ kind, at: Math.round(performance.timeOrigin + now) }),
      failed,
    });
    if (this.#closed) {
      published?.close();
      return;
    }
    this.#publishing.delete(kind);
    if (published !== undefined) this.#tracks.set(kind, published);
    const newest = latest(kind);
    if (newest !== undefined) this.offer(newest);
    if (this.complete) this.#options.complete();
  }

  #feed(onStage: StageTrack<T>, track: T): void {
    try {
      onStage.feed(track);
    } catch (error) {
      this.#options.failed(error);
    }
  }
}
