import type { DisconnectReason, Logger } from '@avatar-bridge/livekit-rtp';
import { CancelledError, RelayError, RetryableError } from '../errors.ts';
import type { Side } from '../errors.ts';
import type { AvatarState, Caption, MediaStats, RelayEvents, RelayMediaKind, RelayOptions } from '../media-relay.ts';
import { Audience } from './audience.ts';
import type { RelayEngine, RoomContext, SourceHandlers, SourceRoom, StageRoom, StageTrack } from './relay-engine.ts';
import { deaf, SourceLink } from './source-link.ts';
import { SourceSwitch } from './source-switch.ts';

const KINDS: readonly RelayMediaKind[] = ['video', 'audio'];
const MEDIA_TIMEOUT = 30_000;
/**
 * How long a join that is under way may go on when the relay ends. One that is cut off before the server's first answer would leave a
 * participant in the room until the server misses it, after 20 s; one that is finished can be followed by a proper leave.
 */
const JOIN_PATIENCE = 2_000;
/** Leaving takes milliseconds; whatever keeps it longer shall not keep the caller. */
const LEAVE_TIMEOUT = 5_000;
const TICK = 250;
const TICKS_PER_SECOND = 4;

export type RelayEmit = <E extends keyof RelayEvents>(event: E, ...args: RelayEvents[E]) => void;
/** `orphaned` aborts when nobody commands the relay any more: it carries on, but joins no room again. */
export type RelayContext = { emit: RelayEmit; logger: Logger; signal?: AbortSignal; orphaned?: AbortSignal };

/**
 * One avatar carried from the vendor's room to the stage, in this process, by whatever engine.
 *
 * starting -> running -> closed. While it starts, whatever goes wrong rejects `start`; afterwards it is told by events. The vendor's room may go
 * away without ending the relay: the stage keeps the tracks.
 */
export class AvatarRelay<T extends { readonly kind: RelayMediaKind }> {
  /** Resolves when both tracks are on the stage. `emit` may be called before that, and not after `closed`. */
  static async start<T extends { readonly kind: RelayMediaKind }>(
    engine: RelayEngine<T>,
    options: RelayOptions,
    context: RelayContext,
  ): Promise<AvatarRelay<T>> {
    if (context.signal?.aborted) throw new CancelledError('the start of the relay was cancelled', { cause: context.signal.reason });
    const relay = new AvatarRelay(engine, options, context);
    const onAbort = (): void =>
      relay.#started.reject(new CancelledError('the start of the relay was cancelled', { cause: context.signal?.reason }));
    context.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      void relay.#join(options).catch((error: unknown) => relay.#started.reject(error));
      await relay.#started.promise;
      relay.#running = true;
      return relay;
    } catch (error) {
      await relay.#end('start-failed');
      throw error;
    } finally {
      context.signal?.removeEventListener('abort', onAbort);
    }
  }

  readonly id: string;
  readonly #engine: RelayEngine<T>;
  readonly #context: RelayContext;
  readonly #lifetime = new AbortController();
  readonly #started = Promise.withResolvers<void>();
  readonly #startedAt = performance.now();
  readonly #mediaTimeout: number;
  readonly #pauseUnwatched: boolean;
  readonly #audience = new Audience();
  readonly #stalled = new Set<RelayMediaKind>();
  readonly #tracks = new Map<RelayMediaKind, StageTrack<T>>();
  readonly #publishing = new Set<RelayMediaKind>();
  readonly #rooms = new Set<Promise<SourceRoom | StageRoom<T>>>();
  #source: SourceLink<T> | undefined;
  #switch: SourceSwitch<T> | undefined;
  /** The source that is being switched to. */
  #next: SourceLink<T> | undefined;
  #joined = false;
  #stage: StageRoom<T> | undefined;
  #stageJoined: Promise<StageRoom<T>> | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #mediaTimer: NodeJS.Timeout | undefined;
  #ticks = 0;
  /** Rooms that are being joined again, and since when; monotonic ms. */
  readonly #reconnecting = new Map<Side, number>();
  #speaking = false;
  #running = false;
  #closing: Promise<void> | undefined;

  private constructor(engine: RelayEngine<T>, options: RelayOptions, context: RelayContext) {
    this.id = options.id;
    this.#engine = engine;
    this.#context = context;
    this.#mediaTimeout = options.mediaTimeout ?? MEDIA_TIMEOUT;
    this.#pauseUnwatched = options.pauseUnwatched ?? true;
    this.#started.promise.catch(() => {});
    context.orphaned?.addEventListener('abort', this.#onOrphaned);
    this.#mediaTimer = setTimeout(() => this.#onMediaTimeout(), this.#mediaTimeout);
    this.#ticker = setInterval(() => this.#tick(performance.now()), TICK);
  }

  async sendToSource(payload: string, topic?: string): Promise<void> {
    await this.#source?.sendData(payload, topic);
  }

  /**
   * Carries the avatar of another vendor room from now on: joins it, lets its tracks take over, leaves the former one. Resolves when both have been
   * taken over. When it rejects, the former source goes on as if nothing had been.
   */
  async switchSource(source: RelayOptions['source']): Promise<void> {
    if (this.#closing !== undefined) throw new CancelledError('the relay is closed');
    const former = this.#source;
    if (former === undefined || this.#switch !== undefined)
      throw new RetryableError('switching', 'source: another switch is under way', { side: 'source' });
    const next = this.#joinSource(source, deaf());
    const change = new SourceSwitch({ former, next, onStage: this.#tracks, timeout: this.#mediaTimeout });
    this.#switch = change;
    this.#next = next;
    try {
      await change.done;
    } catch (error) {
      this.#context.logger.warn({ err: error }, 'source could not be switched');
      this.#leave(next, 'switch-failed');
      throw error;
    } finally {
      this.#switch = undefined;
      this.#next = undefined;
    }
    this.#adopt(next, former);
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
    const [video, audio] = await Promise.all([this.#tracks.get('video')?.stats(), this.#tracks.get('audio')?.stats()]);
    const skew = this.#stage?.skew();
    const { watched } = this.#audience;
    return {
      id: this.id,
      uptime: Math.round(performance.now() - this.#startedAt),
      ...(skew === undefined ? {} : { skew }),
      ...(watched === undefined ? {} : { watched }),
      ...(video === undefined ? {} : { video }),
      ...(audio === undefined ? {} : { audio }),
    };
  }

  /** Leaves both rooms. Resolves after `closed`. Idempotent. */
  async close(reason = 'closed'): Promise<void> {
    await this.#end(reason);
  }

  async #join(options: RelayOptions): Promise<void> {
    const stage = this.#engine.joinStage(
      options,
      {
        reconnecting: (reason) => this.#onReconnecting('stage', reason),
        reconnected: () => this.#onReconnected('stage'),
        disconnected: (reason) => this.#onStageDisconnected(reason),
        trackRemoved: () =>
          this.#fail(new RetryableError('track-removed', 'stage: the track was taken out of the room', { side: 'stage' })),
        audience: (watched) => this.#onAudience(watched),
      },
      this.#roomContext(),
    );
    this.#source = this.#joinSource(options.source, this.#sourceHandlers());
    const source = this.#source.joined;
    this.#rooms.add(stage);
    this.#stageJoined = stage;
    // Either may fail first; the other's failure, when it is cancelled for that, is nobody's concern.
    stage.catch(() => {});
    [, this.#stage] = await Promise.all([source, stage]);
    this.#joined = true;
    this.#checkStarted();
  }

  #joinSource(source: RelayOptions['source'], handlers: SourceHandlers<T>): SourceLink<T> {
    const link = new SourceLink(this.#engine, source, handlers, this.#roomContext());
    this.#rooms.add(link.joined);
    return link;
  }

  #roomContext(): RoomContext {
    return { signal: this.#lifetime.signal, logger: this.#context.logger };
  }

  #sourceHandlers(): SourceHandlers<T> {
    return {
      track: (track) => this.#onTrack(track),
      trackEnded: (track) => this.#tracks.get(track.kind)?.end(track),
      trackMuted: (track, muted) => this.#tracks.get(track.kind)?.setMuted(track, muted),
      failed: (error) => this.#fail(error),
      data: (data) => this.#emit('data', data),
      speaking: (active, level) => this.#onSpeaking(active, level),
      reconnecting: (reason) => this.#onReconnecting('source', reason),
      reconnected: () => this.#onReconnected('source'),
      disconnected: (reason) => this.#onSourceDisconnected(reason),
    };
  }

  /** The switch is done: from now on the events of the next source are ours. */
  #adopt(next: SourceLink<T>, former: SourceLink<T>): void {
    this.#source = next;
    next.handlers = this.#sourceHandlers();
    for (const track of former.tracks) this.#tracks.get(track.kind)?.end(track);
    this.#leave(former, 'switched');
    this.#context.logger.info({}, 'source switched');
    this.#onSpeaking(next.voice.active, next.voice.level);
    if (next.gone !== undefined) this.#onSourceDisconnected(next.gone);
  }

  #leave(link: SourceLink<T>, reason: string): void {
    void link
      .close(reason)
      .catch((error: unknown) => this.#context.logger.warn({ err: error }, 'a source room was not left'))
      .finally(() => this.#rooms.delete(link.joined));
  }

  #checkStarted(): void {
    if (this.#joined && KINDS.every((kind) => this.#tracks.has(kind))) this.#started.resolve();
  }

  #onTrack(track: T): void {
    const { kind } = track;
    if (this.#switch?.claims(kind) === true) return;
    const onStage = this.#tracks.get(kind);
    if (onStage !== undefined) this.#feed(onStage, track);
    else if (!this.#publishing.has(kind)) void this.#publish(track).catch((error: unknown) => this.#fail(error));
  }

  /** Puts a track on the stage for good. When this one ends before that, the next one is the reason for another try. */
  async #publish(track: T): Promise<void> {
    const { kind } = track;
    this.#publishing.add(kind);
    const stage = await this.#stageJoined;
    if (stage === undefined || this.#closing !== undefined) return;
    const published = await stage.publish(track, {
      signal: this.#lifetime.signal,
      firstPacket: (now) => this.#emit('firstFrame', { kind, at: Math.round(performance.timeOrigin + now) }),
      failed: (error) => this.#fail(error),
    });
    if (this.#closing !== undefined) {
      published?.close();
      return;
    }
    this.#publishing.delete(kind);
    const latest = this.#source?.latest.get(kind);
    if (published === undefined) {
      if (latest !== undefined) this.#onTrack(latest);
      return;
    }
    this.#tracks.set(kind, published);
    if (latest !== undefined) this.#feed(published, latest);
    this.#checkStarted();
  }

  #feed(onStage: StageTrack<T>, track: T): void {
    try {
      onStage.feed(track);
    } catch (error) {
      this.#fail(error);
    }
  }

  #onSpeaking(active: boolean, level: number): void {
    this.#tracks.get('audio')?.setLevel(active, level);
    if (active === this.#speaking) return;
    this.#speaking = active;
    this.#emit('speaking', { active, level });
  }

  #onAudience(watched: boolean): void {
    if (!this.#audience.set(watched, performance.now())) return;
    this.#emit('audience', { watched });
    if (watched) this.#tracks.get('video')?.setWanted(true);
  }

  #onReconnecting(side: Side, reason: DisconnectReason): void {
    this.#context.logger.warn({ side, reason }, 'room lost, joining it again');
    this.#reconnecting.set(side, performance.now());
    this.#emit('reconnecting', { side, reason });
    if (this.#context.orphaned?.aborted === true) this.#onOrphaned();
  }

  #onReconnected(side: Side): void {
    const gapMs = Math.round(performance.now() - (this.#reconnecting.get(side) ?? 0));
    this.#reconnecting.delete(side);
    this.#context.logger.info({ side, gapMs }, 'room joined again');
    this.#emit('reconnected', { side, gapMs });
  }

  /** Joining again, this relay would push out the one that may have come in its place. */
  #onOrphaned = (): void => {
    if (this.#reconnecting.size > 0) void this.#end('orphaned');
  };

  #onSourceDisconnected(reason: DisconnectReason): void {
    this.#context.logger.warn({ reason }, 'source room left');
    if (this.#running) this.#emit('sourceDisconnected', { reason });
    else this.#started.reject(new RetryableError('disconnected', `source: disconnected (${reason})`, { side: 'source' }));
  }

  #onStageDisconnected(reason: DisconnectReason): void {
    this.#context.logger.warn({ reason }, 'stage left');
    if (!this.#running) {
      this.#started.reject(new RetryableError('disconnected', `stage: disconnected (${reason})`, { side: 'stage' }));
      return;
    }
    this.#emit('stageDisconnected', { reason });
    void this.#end('stage-disconnected');
  }

  #onMediaTimeout(): void {
    if (this.#source?.gone !== undefined) return;
    const missing = KINDS.filter((kind) => {
      const track = this.#tracks.get(kind);
      return track === undefined || (track.lastPacketAt < 0 && !track.muted);
    });
    if (missing.length === 0) return;
    const message = `source: no ${missing.join(' and no ')} within ${this.#mediaTimeout} ms`;
    this.#fail(new RetryableError('media-timeout', message, { side: 'source' }));
  }

  #fail(error: unknown): void {
    const reason = error instanceof RelayError ? error : new RetryableError('failed', 'the relay broke', { cause: error });
    if (!this.#running) {
      this.#started.reject(reason);
      return;
    }
    if (this.#closing !== undefined) return;
    this.#context.logger.error({ code: reason.code, err: reason }, 'relay failed');
    this.#emit('failed', { code: reason.code, message: reason.message });
    void this.#end(reason.code);
  }

  #tick(now: number): void {
    // With the picture paused, the voice is what shows that the avatar is gone: then it has to prove itself.
    const wanted = !this.#pauseUnwatched || this.#audience.wants(now) || this.#stalled.has('audio');
    this.#tracks.get('video')?.setWanted(wanted);
    for (const [kind, track] of this.#tracks) {
      const event = track.check(now);
      if (event?.type === 'stalled') {
        this.#stalled.add(kind);
        this.#emit('mediaStalled', { kind, sinceMs: Math.round(event.since) });
      } else if (event?.type === 'resumed') {
        this.#stalled.delete(kind);
        this.#emit('mediaResumed', { kind, gapMs: Math.round(event.gap) });
      }
    }
    if (++this.#ticks % TICKS_PER_SECOND !== 0) return;
    this.#source?.everySecond(now);
    this.#next?.everySecond(now);
    for (const track of this.#tracks.values()) track.everySecond(now);
  }

  #emit: RelayEmit = (event, ...args) => {
    if (this.#closing === undefined || event === 'closed') this.#context.emit(event, ...args);
  };

  #end(reason: string): Promise<void> {
    this.#closing ??= this.#release(reason);
    return this.#closing;
  }

  async #release(reason: string): Promise<void> {
    clearInterval(this.#ticker);
    clearTimeout(this.#mediaTimer);
    this.#context.orphaned?.removeEventListener('abort', this.#onOrphaned);
    const cancelled = new CancelledError('the relay was closed');
    this.#started.reject(cancelled);
    this.#switch?.fail(cancelled);
    for (const track of this.#tracks.values()) track.close();
    const left = Promise.allSettled([...this.#rooms].map(async (room) => (await room).close(reason)));
    if (!(await settledWithin(left, JOIN_PATIENCE))) {
      this.#lifetime.abort(cancelled);
      if (!(await settledWithin(left, LEAVE_TIMEOUT))) this.#context.logger.warn({}, 'a room was not left in time');
    }
    this.#context.logger.info({ reason }, 'relay closed');
    if (this.#running) this.#emit('closed', { reason });
  }
}

async function settledWithin(work: Promise<unknown>, timeout: number): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), timeout);
  const settled = await Promise.race([work.then(() => true), late.promise]);
  clearTimeout(timer);
  return settled;
}
