import type { DisconnectReason } from '@avatar-bridge/livekit-rtp';
import { CancelledError, RetryableError } from '../errors.ts';
import type { Side } from '../errors.ts';
import type {
  AvatarState,
  Caption,
  MediaStats,
  ReceivedData,
  RelayMediaKind,
  RoomRelayOptions,
  RoomSource,
} from '../media-relay.ts';
import { answerTo, isRollCall } from '../stage/roll-call.ts';
import { Audience } from './audience.ts';
import { companionMissing } from './companion-missing.ts';
import { JoinedRooms } from './joined-rooms.ts';
import type { RelayEngine, RoomContext, SourceHandlers, StageHandlers, StageRoom } from './engine.ts';
import { cancelledStart, RelayLifecycle } from './relay-lifecycle.ts';
import type { RelayContext } from './relay-lifecycle.ts';
import { stageDisconnected } from './room-error.ts';
import { SourceRooms } from './source-rooms.ts';
import { StageTracks } from './stage-tracks.ts';
import { VoiceMemory } from './voice-memory.ts';

const MEDIA_TIMEOUT = 30_000;
const TICK = 250;
const TICKS_PER_SECOND = 4;

/**
 * One avatar carried from the vendor's room to the stage, in this process, by whatever engine. The vendor's
 * room may go away without ending the relay: the stage keeps the tracks.
 */
export class AvatarRelay<T extends { readonly kind: RelayMediaKind }> {
  /** Resolves when both tracks are on the stage. `emit` may be called before that, and not after `closed`. */
  static async start<T extends { readonly kind: RelayMediaKind }>(
    engine: RelayEngine<T>,
    options: RoomRelayOptions,
    context: RelayContext,
  ): Promise<AvatarRelay<T>> {
    if (context.signal?.aborted) throw cancelledStart(context.signal);
    const relay = new AvatarRelay(engine, options, context);
    await relay.#life.start(() => relay.#join(options));
    return relay;
  }

  readonly id: string;
  readonly #engine: RelayEngine<T>;
  readonly #context: RelayContext;
  readonly #rooms = new JoinedRooms();
  readonly #life: RelayLifecycle;
  readonly #startedAt = performance.now();
  readonly #mediaTimeout: number;
  readonly #pauseUnwatched: boolean;
  readonly #audience = new Audience();
  readonly #tracks: StageTracks<T>;
  readonly #sources: SourceRooms<T>;
  #joined = false;
  #stage: StageRoom<T> | undefined;
  #stageJoined: Promise<StageRoom<T>> | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #mediaTimer: NodeJS.Timeout | undefined;
  #ticks = 0;
  /** Rooms that are being joined again, and since when; monotonic ms. */
  readonly #reconnecting = new Map<Side, number>();
  #speaking = false;
  readonly #voice = new VoiceMemory(performance.now());

  private constructor(engine: RelayEngine<T>, options: RoomRelayOptions, context: RelayContext) {
    this.id = options.id;
    this.#engine = engine;
    this.#context = context;
    this.#mediaTimeout = options.mediaTimeout ?? MEDIA_TIMEOUT;
    this.#pauseUnwatched = options.pauseUnwatched ?? true;
    this.#life = new RelayLifecycle(context, (reason, cause) => this.#release(reason, cause));
    this.#tracks = new StageTracks({
      stage: () => this.#stageJoined,
      latest: (kind) => this.#sources.latest(kind),
      complete: () => this.#checkStarted(),
      firstFrame: (frame) => this.#life.emit('firstFrame', frame),
      stalled: (stall) => this.#life.emit('mediaStalled', stall),
      resumed: (stall) => this.#life.emit('mediaResumed', stall),
      failed: (error) => this.#life.fail(error),
      signal: this.#rooms.signal,
    });
    this.#sources = new SourceRooms({
      engine,
      context: this.#roomContext(),
      rooms: this.#rooms,
      onStage: this.#tracks,
      handlers: this.#sourceHandlers(),
      mediaTimeout: this.#mediaTimeout,
    });
    context.orphaned?.addEventListener('abort', this.#onOrphaned);
    this.#mediaTimer = setTimeout(() => this.#onMediaTimeout(), this.#mediaTimeout);
    this.#ticker = setInterval(() => this.#tick(performance.now()), TICK);
  }

  async sendToSource(payload: string, topic?: string): Promise<void> {
    await this.#sources.sendData(payload, topic);
  }

  /**
   * Carries the avatar of another vendor room from now on: joins it, lets its tracks take over, leaves the
   * former one. Resolves when both have been taken over. When it rejects, the former source goes on as if
   * nothing had been.
   */
  async switchSource(source: RoomSource, signal?: AbortSignal): Promise<void> {
    if (this.#life.closed) throw new CancelledError('the relay is closed');
    await this.#sources.switchTo(source, signal);
  }

  async caption(caption: Caption): Promise<void> {
    await this.#stage?.caption(caption);
  }

  async setAvatarState(state: AvatarState): Promise<void> {
    await this.#stage?.setState(state);
  }

  async sendToStage(payload: string, topic?: string): Promise<void> {
    await this.#stage?.sendData(payload, topic);
  }

  async stats(): Promise<MediaStats> {
    const tracks = await this.#tracks.stats();
    const skew = this.#stage?.skew();
    const { watched } = this.#audience;
    return {
      id: this.id,
      uptime: Math.round(performance.now() - this.#startedAt),
      ...(skew === undefined ? {} : { skew }),
      ...(watched === undefined ? {} : { watched }),
      ...tracks,
    };
  }

  /** Leaves both rooms. Resolves after `closed`. Idempotent. */
  async close(reason = 'closed'): Promise<void> {
    await this.#life.end(reason);
  }

  async #join(options: RoomRelayOptions): Promise<void> {
    const stage = this.#engine.joinStage(options, this.#stageHandlers(), this.#roomContext());
    const source = this.#sources.join(options.source);
    this.#rooms.add(stage);
    this.#stageJoined = stage;
    // Either may fail first; the other's failure, when it is cancelled for that, is nobody's concern.
    stage.catch(() => {});
    [, this.#stage] = await Promise.all([source, stage]);
    this.#joined = true;
    this.#checkStarted();
  }

  #roomContext(): RoomContext {
    const { logger, tokenRefreshed = () => {} } = this.#context;
    return { signal: this.#rooms.signal, logger, tokenRefreshed };
  }

  #stageHandlers(): StageHandlers {
    return {
      reconnecting: (reason) => this.#onReconnecting('stage', reason),
      reconnected: () => this.#onReconnected('stage'),
      disconnected: (reason) => this.#onStageDisconnected(reason),
      trackRemoved: () =>
        this.#life.fail(
          new RetryableError('track-removed', 'stage: the track was taken out of the room', {
            side: 'stage',
          }),
        ),
      muted: (kind, muted) => this.#life.emit('stageMuted', { kind, muted }),
      data: (data) => this.#onStageData(data),
      audience: (watched) => this.#onAudience(watched),
    };
  }

  #sourceHandlers(): SourceHandlers<T> {
    return {
      participantJoined: () => this.#checkStarted(),
      track: (track) => this.#tracks.offer(track),
      trackEnded: (track) => this.#tracks.end(track),
      trackMuted: (track, muted) => this.#tracks.get(track.kind)?.setMuted(track, muted),
      failed: (error) => this.#life.fail(error),
      data: (data) => this.#life.emit('data', data),
      speaking: (active, level) => this.#onSpeaking(active, level),
      reconnecting: (reason) => this.#onReconnecting('source', reason),
      reconnected: () => this.#onReconnected('source'),
      disconnected: (reason) => this.#onSourceDisconnected(reason),
    };
  }

  #checkStarted(): void {
    if (this.#joined && this.#tracks.complete && this.#sources.missingCompanions.length === 0)
      this.#life.ready();
  }

  #onStageData(data: ReceivedData): void {
    if (!isRollCall(data)) return this.#life.emit('stageData', data);
    // Viewers hear nothing of a source that is gone.
    if (this.#sources.gone) return;
    const answer = answerTo(data.payload, this.#voice.heard(performance.now()));
    this.#stage?.answer(answer).catch((error: unknown) => {
      this.#context.logger.warn({ err: error }, 'a roll call could not be answered');
    });
  }

  #onSpeaking(active: boolean, level: number): void {
    this.#tracks.get('audio')?.setLevel(active, level);
    if (active === this.#speaking) return;
    this.#speaking = active;
    this.#voice.set(active, performance.now());
    this.#life.emit('speaking', { active, level });
  }

  #onAudience(watched: boolean): void {
    if (!this.#audience.set(watched, performance.now())) return;
    this.#life.emit('audience', { watched });
    if (watched) this.#tracks.get('video')?.setWanted(true);
  }

  #onReconnecting(side: Side, reason: DisconnectReason): void {
    this.#context.logger.warn({ side, reason }, 'room lost, joining it again');
    this.#reconnecting.set(side, performance.now());
    this.#life.emit('reconnecting', { side, reason });
    if (this.#context.orphaned?.aborted === true) this.#onOrphaned();
  }

  #onReconnected(side: Side): void {
    const gapMs = Math.round(performance.now() - (this.#reconnecting.get(side) ?? 0));
    this.#reconnecting.delete(side);
    if (side === 'source') this.#voice.listenAnew(performance.now());
    this.#context.logger.info({ side, gapMs }, 'room joined again');
    this.#life.emit('reconnected', { side, gapMs });
  }

  /** Joining again, this relay would push out the one that may have come in its place. */
  #onOrphaned = (): void => {
    if (this.#reconnecting.size > 0) void this.#life.end('orphaned');
  };

  #onSourceDisconnected(reason: DisconnectReason): void {
    this.#context.logger.warn({ reason }, 'source room left');
    if (this.#life.running) this.#life.emit('sourceDisconnected', { reason });
    else
      this.#life.fail(
        new RetryableError('disconnected', `source: disconnected (${reason})`, { side: 'source' }),
      );
  }

  #onStageDisconnected(reason: DisconnectReason): void {
    this.#context.logger.warn({ reason }, 'stage left');
    if (!this.#life.running) {
      this.#life.fail(stageDisconnected(reason));
      return;
    }
    this.#life.emit('stageDisconnected', { reason });
    void this.#life.end('stage-disconnected');
  }

  #onMediaTimeout(): void {
    if (this.#sources.gone) return;
    const { missing } = this.#tracks;
    const { missingCompanions } = this.#sources;
    if (missing.length === 0) {
      if (!this.#life.running && missingCompanions.length > 0)
        this.#life.fail(companionMissing(missingCompanions, this.#mediaTimeout));
      return;
    }
    const message = `source: no ${missing.join(' and no ')} within ${this.#mediaTimeout} ms`;
    this.#life.fail(new RetryableError('media-timeout', message, { side: 'source' }));
  }

  #tick(now: number): void {
    // With the picture paused, the voice is what shows that the avatar is gone: then it has to prove itself.
    const wanted = !this.#pauseUnwatched || this.#audience.wants(now) || this.#tracks.isStalled('audio');
    this.#tracks.get('video')?.setWanted(wanted);
    this.#tracks.check(now);
    if (++this.#ticks % TICKS_PER_SECOND !== 0) return;
    this.#sources.everySecond(now);
    this.#tracks.everySecond(now);
  }

  async #release(reason: string, cause: CancelledError): Promise<void> {
    clearInterval(this.#ticker);
    clearTimeout(this.#mediaTimer);
    this.#context.orphaned?.removeEventListener('abort', this.#onOrphaned);
    this.#sources.cancelSwitch(cause);
    this.#tracks.close();
    await this.#rooms.leave(reason, cause, this.#context.logger);
  }
}
