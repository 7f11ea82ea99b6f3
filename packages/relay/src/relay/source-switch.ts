import { companionMissing } from './companion-missing.ts';
import { RetryableError } from '../errors.ts';
import type { RelayMediaKind } from '../media-relay.ts';
import type { StageTrack } from './engine.ts';
import { deaf } from './source-link.ts';
import type { SourceLink } from './source-link.ts';
import type { StageTracks } from './stage-tracks.ts';

/**
 * The voice follows the picture, which has to wait for a key frame: so they are never of two sources for
 * longer than a packet of sound.
 */
const ORDER: readonly RelayMediaKind[] = ['video', 'audio'];
/**
 * ms that both tracks are received before they take over: the first pictures of a connection, and of an
 * encoder, come in fits and starts.
 */
const WARM_UP = 600;

export type SourceSwitchOptions<T extends { readonly kind: RelayMediaKind }> = {
  former: SourceLink<T>;
  next: SourceLink<T>;
  onStage: Pick<StageTracks<T>, 'get'>;
  /** ms */
  timeout: number;
};

/** The way of a relay from one source to another, which the former one does not notice until it is done. */
export class SourceSwitch<T extends { readonly kind: RelayMediaKind }> {
  /**
   * Resolves when both tracks on the stage are fed by the next source; rejects when it cannot, and then the
   * former one feeds them as before.
   */
  readonly done: Promise<void>;
  readonly #options: SourceSwitchOptions<T>;
  readonly #taken = Promise.withResolvers<void>();
  readonly #offered = new Map<RelayMediaKind, T>();
  readonly #takenOver = new Set<RelayMediaKind>();
  #warm = false;
  #warmUp: NodeJS.Timeout | undefined;

  constructor(options: SourceSwitchOptions<T>) {
    this.#options = options;
    this.done = this.#run();
  }

  /** Whether the former source's tracks of this kind have to stand back. */
  claims(kind: RelayMediaKind): boolean {
    return this.#offered.has(kind);
  }

  fail(error: unknown): void {
    this.#taken.reject(error);
  }

  async #run(): Promise<void> {
    const { next, timeout } = this.#options;
    const timer = setTimeout(() => this.#onTimeout(), timeout);
    next.handlers = {
      ...deaf(),
      participantJoined: () => this.#attempt(() => this.#advance()),
      track: (track) => this.#attempt(() => this.#onTrack(track)),
      trackEnded: (track) => this.#onTrackEnded(track),
      trackMuted: (track, muted) => this.#stage(track.kind)?.setMuted(track, muted),
      failed: (error) => this.fail(error),
      disconnected: (reason) =>
        this.fail(new RetryableError('disconnected', `source: disconnected (${reason})`, { side: 'source' })),
    };
    next.joined.catch((error: unknown) => this.fail(error));
    try {
      await this.#taken.promise;
    } catch (error) {
      this.#takeBack();
      throw error;
    } finally {
      clearTimeout(timer);
      clearTimeout(this.#warmUp);
    }
  }

  #onTrack(track: T): void {
    if (this.#takenOver.has(track.kind)) this.#stage(track.kind)?.feed(track);
    else this.#advance();
  }

  #onTrackEnded(track: T): void {
    this.#stage(track.kind)?.end(track);
    if (this.#offered.get(track.kind) === track) this.#offered.delete(track.kind);
  }

  /** Both tracks and all companions have to be there before the first of them is offered. */
  #advance(): void {
    const { former, next } = this.#options;
    const { latest, missingCompanions } = next;
    if (missingCompanions.size > 0 || !ORDER.every((kind) => latest.has(kind))) return;
    // Where nothing is carried now, the first picture is better than none.
    const carried = former.gone === undefined && ORDER.every((one) => former.latest.has(one));
    if (carried && !this.#warm) {
      this.#warmUp ??= setTimeout(() => {
        this.#warm = true;
        this.#attempt(() => this.#advance());
      }, WARM_UP);
      return;
    }
    const kind = ORDER.find((one) => !this.#takenOver.has(one));
    if (kind === undefined) this.#taken.resolve();
    else this.#offer(kind, latest.get(kind)!);
  }

  #offer(kind: RelayMediaKind, track: T): void {
    if (this.#offered.get(kind) === track) return;
    this.#offered.set(kind, track);
    const stage = this.#stage(kind);
    const taken = (): void => {
      this.#takenOver.add(kind);
      this.#attempt(() => this.#advance());
    };
    stage?.feed(track, taken);
    // Nothing comes of a track that is muted, so there is nothing to wait for.
    if (stage?.muted === true && !this.#takenOver.has(kind)) taken();
  }

  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail(error);
    }
  }

  #onTimeout(): void {
    const { next, timeout } = this.#options;
    if (next.missingCompanions.size > 0 && ORDER.every((kind) => next.latest.has(kind))) {
      this.fail(companionMissing([...next.missingCompanions], timeout));
      return;
    }
    const missing = ORDER.filter((kind) => !this.#takenOver.has(kind));
    const message = `source: no ${missing.join(' and no ')} of the other source within ${timeout} ms`;
    this.fail(new RetryableError('media-timeout', message, { side: 'source' }));
  }

  #takeBack(): void {
    const { former, next } = this.#options;
    next.handlers = deaf();
    for (const track of next.tracks) this.#stage(track.kind)?.end(track);
    for (const [kind, track] of former.latest) if (this.#offered.has(kind)) this.#stage(kind)?.feed(track);
  }

  #stage(kind: RelayMediaKind): StageTrack<T> | undefined {
    return this.#options.onStage.get(kind);
  }
}
