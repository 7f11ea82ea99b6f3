import type { Dialect, SessionEventBody, SessionId } from '@avatar-bridge/contracts';
import {
  CancelledError,
  type MediaRelay,
  type ReceivedData,
  type Relay,
  type RelayMediaKind,
} from '@avatar-bridge/relay';
import type { Logger } from 'pino';
import { now } from '../clock.ts';
import { LostError } from '../lost-error.ts';
import type { Metrics } from '../metrics.ts';
import type { MediaChannel } from '../providers/avatar-provider.ts';
import { within } from '../within.ts';
import { onEach, sessionEvents } from './media-events.ts';
import { MediaSummary } from './media-summary.ts';
import type { StageAccess } from './stage-access.ts';
import type { VendorLink } from './vendor-link.ts';

/** ms that the picture may stand still before the vendor session is given up. */
const stallBoundMs = 5_000;
/** ms that the avatar may take to show itself in the vendor's room; it needs 2 to 5 s. */
const mediaTimeout = 15_000;
/** ms that a relay may take to leave both rooms. */
const leavingBoundMs = 5_000;

export type CarriageParts = {
  sessionId: SessionId;
  room: string;
  dialect?: Dialect | undefined;
  mediaRelay: MediaRelay;
  stage: StageAccess;
  metrics: Metrics;
  logger: Logger;
};

/**
 * Once `sourceLost` was called, nothing is until another vendor session is carried; after `stageLost` nothing
 * is.
 */
export type CarriageListeners = {
  event: (event: SessionEventBody) => void;
  /** The vendor's server began or ceased to name the avatar an active speaker. */
  voice: (active: boolean) => void;
  /** Somebody on the stage sent data. */
  stageData: (data: ReceivedData) => void;
  /** The stage can't be reached, and the relay joins it again by itself; false: it has. */
  stageAway: (away: boolean) => void;
  /** Nothing comes from the vendor's room, for now; `cut`: what was said meanwhile is lost for certain. */
  unseen: (unseen: boolean, cut: boolean) => void;
  /**
   * The vendor session has no picture any more; the last one stays on the stage. Code `displaced`: another
   * relay came to the vendor's room under our identity.
   */
  sourceLost: (link: VendorLink, error: LostError) => void;
  /**
   * The avatar is no longer on the stage and does not come back by itself; its vendor session is not to
   * blame. `duplicate-identity`: another relay came under our identity.
   */
  stageLost: (reason: string) => void;
};

/**
 * An avatar on the stage: the relay that carries it there, first from one vendor session and then, with
 * `switchTo`, from the next. When a source is lost, the last picture stays until another source is carried.
 */
export class Carriage {
  readonly #relay: Relay;
  readonly #parts: CarriageParts;
  readonly #listeners: CarriageListeners;
  readonly #unwatch: () => void;
  readonly #displaced = Promise.withResolvers<true>();
  #link: VendorLink;
  /**
   * `carrying`: the vendor session is on the stage. `last-picture`: it is gone, what it showed last is there.
   * `yielding`: another relay is about to come in its place. `over`: it left the stage.
   */
  #state: 'carrying' | 'last-picture' | 'yielding' | 'over' = 'carrying';
  /** Since when the picture stands still; it does until the first packet. */
  #stalledSince: number | undefined = now();
  /** What does not come through from the vendor's room. */
  readonly #missing = new Set<RelayMediaKind | 'room'>();
  #muted = false;
  #leaving: Promise<void> | undefined;

  private constructor(relay: Relay, link: VendorLink, parts: CarriageParts, listeners: CarriageListeners) {
    this.#relay = relay;
    this.#link = link;
    this.#parts = parts;
    this.#listeners = listeners;
    const summary = new MediaSummary(now());
    this.#unwatch = parts.metrics.relays.watch(relay, (stats, growth) => {
      const summed = summary.add(stats, growth, now());
      if (summed && this.#state === 'carrying') listeners.event(summed);
    });
    this.#listen();
  }

  /** Resolves when the avatar is on the stage. Whatever fails, nothing stays there. */
  static async start(
    link: VendorLink,
    parts: CarriageParts,
    listeners: CarriageListeners,
    signal: AbortSignal,
  ): Promise<Carriage> {
    const { media } = link.session;
    const { sessionId, room, dialect, mediaRelay, stage } = parts;
    const relay = await mediaRelay.start(
      {
        id: sessionId,
        source: media,
        stage: await stage.admit(sessionId, room, { watches: media.kind === 'stage', dialect }),
        mediaTimeout,
      },
      signal,
    );
    return new Carriage(relay, link, parts, listeners);
  }

  /** Whether the avatar, or its last picture, is on the stage. */
  get onStage(): boolean {
    return this.#state !== 'over';
  }

  /** Whether a moderator muted its voice there. */
  get muted(): boolean {
    return this.#muted;
  }

  /** Whether `switchTo` can carry this vendor session without taking the tracks off the stage. */
  canSwitchTo({ session: { media } }: VendorLink): boolean {
    return this.onStage && this.#link.session.media.kind === 'room' && media.kind === 'room';
  }

  /** Carries another vendor session, on the same tracks. When it rejects, all is as before. */
  async switchTo(link: VendorLink, signal: AbortSignal): Promise<void> {
    const { media } = link.session;
    if (media.kind !== 'room') throw new TypeError(`a source of kind ${media.kind} can't be switched to`);
    await this.#relay.switchSource(media, signal);
    this.#link = link;
    this.#stalledSince = undefined;
    this.#missing.clear();
    if (this.#state === 'last-picture') this.#state = 'carrying';
  }

  /** When the picture has stood still for too long (ms by now()); Infinity while it moves. */
  get stallDeadline(): number {
    return this.#stalledSince === undefined ? Number.POSITIVE_INFINITY : this.#stalledSince + stallBoundMs;
  }

  /** Gives the source up if the picture has stood still for too long. */
  checkStall(at: number): void {
    if (at < this.stallDeadline) return;
    const message = `The avatar's picture stood still for ${stallBoundMs / 1_000} s`;
    this.#loseSource(new LostError('media-stalled', message));
  }

  /** Tells viewers; what can't be told is lost, as on any network. */
  tell(how: (relay: Relay) => Promise<void>): void {
    how(this.#relay).catch((error: unknown) =>
      this.#parts.logger.debug({ err: error }, 'the stage was not told'),
    );
  }

  /** The way to a vendor session's avatar: through its room, or on the stage where it is itself. */
  channelTo(link: VendorLink): MediaChannel {
    if (this.#link !== link) throw new CancelledError('another vendor session is on the stage');
    const relay = this.#relay;
    const inVendorRoom = link.session.media.kind === 'room';
    return {
      sendData: (payload, options) =>
        inVendorRoom ? relay.sendToSource(payload, options) : relay.sendToStage(payload, options),
      playVoice: (chunk) => relay.playVoice(chunk),
      clearVoice: () => relay.clearVoice(),
    };
  }

  /** The vendor session is given up for a reason that the relay does not know; its last picture stays. */
  keepLastPicture(): void {
    if (this.#state === 'carrying') this.#state = 'last-picture';
  }

  /** Another relay is about to come under our identity: that is no loss. */
  yield(): void {
    if (this.#state !== 'over') this.#state = 'yielding';
  }

  /** Goes on until another relay has come in its place; false when none came within `ms`. */
  async displaced(ms: number): Promise<boolean> {
    this.yield();
    return (await within(this.#displaced.promise, ms)) ?? false;
  }

  /** Takes the avatar off the stage. Idempotent, never rejects. */
  leave(reason: string): Promise<void> {
    this.#state = 'over';
    this.#unwatch();
    this.#leaving ??= within(this.#relay.close(reason), leavingBoundMs).catch((error: unknown) => {
      this.#parts.logger.warn({ err: error }, 'the relay did not close');
    });
    return this.#leaving;
  }

  #listen(): void {
    const { event, stageAway, stageData, voice } = this.#listeners;
    const relay = this.#relay;
    const whileCarrying =
      <A extends unknown[]>(tell: (...args: A) => void) =>
      (...args: A) => {
        if (this.#state === 'carrying') tell(...args);
      };
    relay.on('stageMuted', ({ kind, muted }) => {
      if (kind === 'audio') this.#muted = muted;
    });
    onEach(relay, sessionEvents, whileCarrying(event));
    relay
      .on('engineChosen', ({ engine, reason }) => this.#parts.metrics.relays.started(engine, reason))
      .on('firstFrame', ({ kind }) => this.#moves(kind))
      .on('mediaResumed', ({ kind }) => this.#moves(kind))
      .on('mediaStalled', ({ kind, sinceMs }) => {
        if (kind === 'video') this.#stalledSince = now() - sinceMs;
        this.#misses(kind);
      })
      .on(
        'data',
        whileCarrying(({ payload, ...from }) => this.#link.session.handleRoomData(payload, from)),
      )
      .on('stageData', whileCarrying(stageData))
      .on(
        'speaking',
        whileCarrying(({ active }) => voice(active)),
      )
      .on(
        'voiceStarted',
        whileCarrying((fact) => this.#link.session.handleVoice?.({ type: 'started', ...fact })),
      )
      .on(
        'voiceEnded',
        whileCarrying((fact) => this.#link.session.handleVoice?.({ type: 'ended', ...fact })),
      )
      .on('restarting', ({ reason }) => {
        this.#parts.metrics.relays.restarting(reason);
        this.#stalledSince ??= now();
        this.#stayAway();
      })
      .on('reconnecting', ({ side }) => {
        if (side === 'source') return this.#misses('room');
        whileCarrying(stageAway)(true);
        this.#stayAway();
      })
      .on('reconnected', ({ side }) => {
        if (side === 'stage') whileCarrying(stageAway)(false);
        else this.#comesThrough('room');
      })
      .on('sourceDisconnected', ({ reason }) => {
        const message = `The avatar left, or its room was lost: ${reason}`;
        const code = reason === 'duplicate-identity' ? 'displaced' : 'vendor-lost';
        this.#loseSource(new LostError(code, message));
      })
      .on('stageDisconnected', ({ reason }) => {
        if (reason === 'duplicate-identity') this.#displaced.resolve(true);
        this.#loseStage(reason);
      })
      .on('failed', ({ code }) => this.#loseStage(`relay-${code}`))
      .on('closed', ({ reason }) => {
        this.#unwatch();
        this.#loseStage(reason);
      });
  }

  /** Coming back to the stage, one that yields would push out the relay that may be there in its place. */
  #stayAway(): void {
    if (this.#state === 'yielding') void this.leave('another relay comes in its place');
  }

  #moves(kind: RelayMediaKind): void {
    if (kind === 'video') this.#stalledSince = undefined;
    this.#comesThrough(kind);
  }

  #misses(what: RelayMediaKind | 'room'): void {
    this.#missing.add(what);
    if (this.#state === 'carrying') this.#listeners.unseen(true, false);
  }

  #comesThrough(what: RelayMediaKind | 'room'): void {
    if (!this.#missing.delete(what) || this.#state !== 'carrying') return;
    if (this.#missing.size === 0 || what === 'room')
      this.#listeners.unseen(this.#missing.size > 0, what === 'room');
  }

  #loseSource(error: LostError): void {
    if (this.#state !== 'carrying') return;
    this.#state = 'last-picture';
    this.#listeners.sourceLost(this.#link, error);
  }

  #loseStage(reason: string): void {
    const before = this.#state;
    this.#state = 'over';
    if (before === 'carrying') this.#listeners.stageLost(reason);
  }
}
