import type {
  AvatarSettings,
  Dialect,
  SessionEventBody,
  SessionId,
  VendorSession,
} from '@avatar-bridge/contracts';
import type { MediaRelay, ReceivedData, Relay, RelayMediaKind, RelaySource } from '@avatar-bridge/relay';
import type { Logger } from 'pino';
import { LostError } from '../lost-error.ts';
import type { Metrics } from '../metrics.ts';
import type {
  AvatarProvider,
  MediaChannel,
  ProviderSession,
  VoiceEvent,
} from '../providers/avatar-provider.ts';
import type { VendorEvent } from '../providers/vendor-event.ts';
import { within } from '../within.ts';
import { losses, onEach, sessionEvents } from './media-events.ts';
import { MediaSummary } from './media-summary.ts';
import type { StageAccess } from './stage-access.ts';
import type { VendorSessions } from './vendor-sessions.ts';
import { now } from '../clock.ts';

/** ms that the picture may stand still before the vendor session is given up. */
const stallBound = 5_000;
/** ms that the avatar may take to show itself in the vendor's room; it needs 2 to 5 s. */
const mediaTimeout = 15_000;
/** ms that a relay may take to leave both rooms. */
const leavingBound = 5_000;

export type LinkParts = {
  sessionId: SessionId;
  room: string;
  dialect?: Dialect;
  avatar: AvatarSettings;
  provider: AvatarProvider;
  /** The vendor session of the same provider that this one replaces. */
  previous: VendorSession | undefined;
  mediaRelay: MediaRelay;
  stage: StageAccess;
  vendorSessions: VendorSessions;
  metrics: Metrics;
  logger: Logger;
};

/** Nothing is called any more once `lost` was, or the link is being closed. */
export type LinkListeners = {
  vendor: (event: VendorEvent) => void;
  voice: (active: boolean) => void;
  /** Somebody on the stage sent data. */
  stageData: (data: ReceivedData) => void;
  event: (event: SessionEventBody) => void;
  /** Once: the avatar is no more on the stage, or will not speak again. */
  lost: (error: LostError) => void;
};

/** A vendor session and the relay that carries it to the stage. */
export class Link {
  readonly session: ProviderSession;
  readonly #relay: Relay;
  readonly #parts: LinkParts;
  readonly #listeners: LinkListeners;
  /** Since when the picture stands still; it does until the first packet. */
  #stalledSince: number | undefined = now();
  #over = false;
  #opened = false;
  #lost: LostError | undefined;
  #stopping: Promise<void> | undefined;
  #leaving: Promise<void> | undefined;
  readonly #unwatch: () => void;

  private constructor(session: ProviderSession, relay: Relay, parts: LinkParts, listeners: LinkListeners) {
    this.session = session;
    this.#relay = relay;
    this.#parts = parts;
    this.#listeners = listeners;
    const summary = new MediaSummary(now());
    this.#unwatch = parts.metrics.relays.watch(relay, (stats, growth) => {
      const summed = summary.add(stats, growth, now());
      if (summed && this.#opened && !this.#over) listeners.event(summed);
    });
  }

  /** Opens both; resolves when the avatar is on the stage and can be spoken to. Whatever fails, nothing stays open. */
  static async open(parts: LinkParts, listeners: LinkListeners, signal: AbortSignal): Promise<Link> {
    const { sessionId, room, dialect, avatar, previous, provider } = parts;
    const { mediaRelay, stage, vendorSessions, metrics } = parts;
    let link: Link | undefined;
    let ref: VendorSession | undefined;
    let session: ProviderSession | undefined;
    let relay: Relay | undefined;
    const early: VendorEvent[] = [];
    const onEvent = (event: VendorEvent) => (link ? link.#onVendorEvent(event) : void early.push(event));
    const recordRef = (opened: VendorSession) => {
      ref = opened;
      return vendorSessions.record(opened);
    };
    try {
      session = await metrics.vendorCall('open', () =>
        provider.open({
          sessionId,
          avatar,
          ...(previous && { previous }),
          seatAvatar: () => stage.seat(sessionId, room, dialect),
          recordRef,
          onEvent,
          signal,
        }),
      );
      relay = await mediaRelay.start(
        {
          id: sessionId,
          source: session.media,
          stage: await stage.admit(sessionId, room, { watches: session.media.kind === 'stage', dialect }),
          mediaTimeout,
        },
        signal,
      );
      link = new Link(session, relay, parts, listeners);
      link.#listen();
      await session.connect(channelOf(relay, session.media), signal);
      signal.throwIfAborted();
      if (link.#lost) throw link.#lost;
      link.#opened = true;
      for (const event of early) link.#onVendorEvent(event);
      return link;
    } catch (error) {
      if (link) link.#over = true;
      const reason = 'it could not be opened';
      if (ref)
        await vendorSessions.stop(ref, reason, async () =>
          session ? session.close(reason) : void (await provider.reap(ref!)),
        );
      await relay?.close(reason);
      throw error;
    }
  }

  /** When the picture has stood still for too long (epoch ms); Infinity while it moves. */
  get stallDeadline(): number {
    return this.#stalledSince === undefined ? Number.POSITIVE_INFINITY : this.#stalledSince + stallBound;
  }

  /** Gives it up if the picture has stood still for too long. */
  checkStall(now: number): void {
    if (now >= this.stallDeadline)
      this.#lose(
        new LostError('media-stalled', `The avatar's picture stood still for ${stallBound / 1_000} s`),
      );
  }

  /** Tells viewers; what can't be told is lost, as on any network. */
  tell(how: (relay: Relay) => Promise<void>): void {
    how(this.#relay).catch((error: unknown) =>
      this.#parts.logger.debug({ err: error }, 'the stage was not told'),
    );
  }

  /** Stops the vendor session, which is what costs money; the stage keeps the last picture. Idempotent, never rejects. */
  stopVendor(reason: string): Promise<void> {
    this.#over = true;
    this.#stopping ??= this.#parts.vendorSessions.stop(this.session.ref, reason, () =>
      this.session.close(reason),
    );
    return this.#stopping;
  }

  /** Takes the avatar off the stage. Idempotent, never rejects. */
  leaveStage(reason: string): Promise<void> {
    this.#over = true;
    this.#unwatch();
    this.#leaving ??= within(this.#relay.close(reason), leavingBound).catch((error: unknown) => {
      this.#parts.logger.warn({ err: error }, 'the relay did not close');
    });
    return this.#leaving;
  }

  #listen(): void {
    const { event, voice } = this.#listeners;
    const relay = this.#relay;
    onEach(relay, sessionEvents, (told) => {
      if (!this.#over) event(told);
    });
    onEach(relay, losses, (error) => this.#lose(error));
    relay
      .on('engineChosen', ({ engine, reason }) => this.#parts.metrics.relays.started(engine, reason))
      .on('firstFrame', ({ kind }) => this.#moves(kind))
      .on('mediaResumed', ({ kind }) => this.#moves(kind))
      .on('mediaStalled', ({ kind, sinceMs }) => {
        if (kind === 'video') this.#stalledSince = now() - sinceMs;
      })
      .on('data', ({ payload, ...from }) => {
        if (!this.#over) this.session.handleRoomData(payload, from);
      })
      .on('stageData', (data) => {
        if (!this.#over) this.#listeners.stageData(data);
      })
      .on('speaking', ({ active }) => {
        if (!this.#over) voice(active);
      })
      .on('voiceStarted', (fact) => this.#onVoice({ type: 'started', ...fact }))
      .on('voiceEnded', (fact) => this.#onVoice({ type: 'ended', ...fact }))
      .on('restarting', ({ reason }) => {
        if (this.#over) return this.#leaveUnneeded();
        this.#parts.metrics.relays.restarting(reason);
        this.#stalledSince ??= now();
      })
      .on('reconnecting', ({ side }) => {
        if (this.#over && side === 'stage') this.#leaveUnneeded();
      })
      .on('closed', () => this.#unwatch());
  }

  #moves(kind: RelayMediaKind): void {
    if (kind === 'video') this.#stalledSince = undefined;
  }

  /** A relay that keeps a lost avatar's last picture on the stage must not come back there: its successor may be there already. */
  #leaveUnneeded(): void {
    void this.leaveStage('nobody needs it any more');
  }

  #onVendorEvent(event: VendorEvent): void {
    if (this.#over) return;
    if (event.type === 'closed')
      this.#lose(new LostError('vendor-lost', `The vendor closed its session: ${event.reason}`));
    else this.#listeners.vendor(event);
  }

  #onVoice(event: VoiceEvent): void {
    if (!this.#over) this.session.handleVoice?.(event);
  }

  #lose(error: LostError): void {
    if (this.#over) return;
    this.#over = true;
    this.#lost = error;
    if (this.#opened) this.#listeners.lost(error);
  }
}

/** An avatar that is on the stage itself hears what is sent there. */
function channelOf(relay: Relay, media: RelaySource): MediaChannel {
  const inVendorRoom = media.kind === 'room';
  return {
    sendData: (payload, options) =>
      inVendorRoom ? relay.sendToSource(payload, options) : relay.sendToStage(payload, options),
    playVoice: (chunk) => relay.playVoice(chunk),
    clearVoice: () => relay.clearVoice(),
  };
}
