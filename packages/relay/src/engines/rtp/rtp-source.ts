import { RtpParticipant } from '@avatar-bridge/livekit-rtp';
import type {
  Codec,
  DisconnectReason,
  Logger,
  MediaKind,
  RemoteTrackInfo,
  SubscribedTrack,
} from '@avatar-bridge/livekit-rtp';
import { RetryableError, TerminalError } from '../../errors.ts';
import type { RoomSource } from '../../media-relay.ts';
import { Inlet } from './inbound/inlet.ts';
import { SourceClock } from './inbound/source-clock.ts';
import { carriedCodec } from '../../stage/carried-codec.ts';
import type { RoomContext, SourceHandlers, SourceRoom } from '../../relay/engine.ts';
import { roomError } from '../../relay/room-error.ts';

/** One track of the avatar. */
export type RtpSourceTrack = {
  inlet: Inlet;
  kind: MediaKind;
  mimeType: string;
  codecs: readonly Codec[];
  /** Pixels; 0 when unknown or audio. */
  width: number;
  height: number;
  muted(): boolean;
  /** Asks the server to send it, as it does at first, or not. */
  setEnabled(enabled: boolean): void;
};

/**
 * The vendor's room, joined to receive one participant's tracks. Each track is bound to its id: when the
 * avatar comes back after a crash, the server sends the old tracks and the new ones at the same time for a
 * while.
 */
export class RtpSource implements SourceRoom {
  static async connect(
    options: RoomSource,
    handlers: SourceHandlers<RtpSourceTrack>,
    context: RoomContext,
  ): Promise<RtpSource> {
    const source = new RtpSource(options.avatarIdentity, handlers, context.logger);
    try {
      source.#participant = await RtpParticipant.connect({
        url: options.url,
        token: options.token,
        signal: context.signal,
        logger: context.logger,
        listeners: {
          participantJoined: ({ identity }) => handlers.participantJoined(identity),
          trackSubscribed: (track) => source.#onTrack(track),
          trackUnsubscribed: (track) => source.#onTrackEnded(track),
          trackMuted: (info, participant, muted) =>
            participant.identity === options.avatarIdentity && source.#onMuted(info, muted),
          data: ({ payload, topic, participantIdentity }) =>
            handlers.data({
              payload: payload.toString('utf8'),
              ...(topic === undefined ? {} : { topic }),
              ...(participantIdentity === undefined ? {} : { participantIdentity }),
            }),
          speakers: (speakers) => {
            const avatar = speakers.find((speaker) => speaker.identity === options.avatarIdentity);
            if (avatar !== undefined) source.#onSpeaking(avatar.active, avatar.level);
          },
          reconnecting: ({ reason }) => source.#onReconnecting(reason),
          reconnected: () => !source.#gone && handlers.reconnected(),
          disconnected: ({ reason }) => source.#onDisconnected(reason),
          tokenRefreshed: (newest) => context.tokenRefreshed(options.token, newest),
        },
      });
    } catch (error) {
      source.#release();
      throw roomError(error, 'source');
    }
    return source;
  }

  readonly #avatarIdentity: string;
  readonly #handlers: SourceHandlers<RtpSourceTrack>;
  readonly #logger: Logger;
  readonly #clock = new SourceClock();
  readonly #tracks = new Map<SubscribedTrack, RtpSourceTrack>();
  readonly #timers = new Map<Inlet, NodeJS.Timeout>();
  #participant: RtpParticipant | undefined;
  #gone = false;
  #speaking = false;

  private constructor(avatarIdentity: string, handlers: SourceHandlers<RtpSourceTrack>, logger: Logger) {
    this.#avatarIdentity = avatarIdentity;
    this.#handlers = handlers;
    this.#logger = logger;
  }

  /** Tells the server how its packets arrive. Call it once a second. */
  everySecond(now: number): void {
    for (const { inlet } of this.#tracks.values()) inlet.sendReport(now);
  }

  async sendData(payload: string, topic: string | undefined): Promise<void> {
    if (this.#gone || this.#participant === undefined)
      throw new RetryableError('disconnected', 'source: not connected', { side: 'source' });
    try {
      await this.#participant.sendData(Buffer.from(payload), {
        reliable: true,
        ...(topic === undefined ? {} : { topic }),
      });
    } catch (error) {
      throw roomError(error, 'source');
    }
  }

  async close(reason: string): Promise<void> {
    this.#release();
    await this.#participant?.close(reason);
  }

  #onTrack(track: SubscribedTrack): void {
    if (this.#gone) return;
    if (
      track.participantIdentity !== this.#avatarIdentity ||
      track.info.source === 'screen' ||
      track.info.source === 'screen-audio'
    ) {
      track.setEnabled(false);
      return;
    }
    const { info, codecs, kind } = track;
    const mimeType = carriedCodec(kind, info.mimeType, codecs);
    if (mimeType === undefined) {
      this.#handlers.failed(
        new TerminalError('unsupported-codec', `source: ${info.mimeType} (${kind}) cannot be carried`, {
          side: 'source',
        }),
      );
      return;
    }
    const inlet = new Inlet({
      kind,
      mimeType,
      codecs,
      clock: this.#clock,
      sendRtcp: (packet) => void track.sendRtcp(packet),
      schedule: (delay) => this.#schedule(inlet, delay),
    });
    track.onPacket = (packet) => inlet.receive(packet, performance.now());
    const { width, height } = info;
    const entry: RtpSourceTrack = {
      inlet,
      kind,
      mimeType,
      codecs,
      width,
      height,
      muted: () => track.info.muted,
      setEnabled: (enabled) => track.setEnabled(enabled),
    };
    this.#tracks.set(track, entry);
    this.#logger.info({ kind, mimeType, trackSid: track.sid, width, height }, 'avatar track subscribed');
    this.#handlers.track(entry);
  }

  #onTrackEnded(track: SubscribedTrack): void {
    const entry = this.#tracks.get(track);
    if (entry === undefined) return;
    this.#drop(track, entry);
    this.#logger.info({ kind: entry.kind, trackSid: track.sid }, 'avatar track ended');
    this.#handlers.trackEnded(entry);
  }

  #onMuted(info: RemoteTrackInfo, muted: boolean): void {
    for (const [track, entry] of this.#tracks)
      if (track.sid === info.sid) this.#handlers.trackMuted(entry, muted);
  }

  #onSpeaking(active: boolean, level: number): void {
    if (this.#gone || (!active && !this.#speaking)) return;
    this.#speaking = active;
    this.#handlers.speaking(active, level);
  }

  #onReconnecting(reason: DisconnectReason): void {
    if (this.#gone) return;
    this.#onSpeaking(false, 0);
    this.#handlers.reconnecting(reason);
  }

  #onDisconnected(reason: DisconnectReason): void {
    if (this.#gone) return;
    this.#onSpeaking(false, 0);
    const ended = [...this.#tracks.values()];
    this.#release();
    for (const entry of ended) this.#handlers.trackEnded(entry);
    this.#handlers.disconnected(reason);
  }

  #schedule(inlet: Inlet, delay: number): void {
    clearTimeout(this.#timers.get(inlet));
    if (this.#gone) return;
    this.#timers.set(
      inlet,
      setTimeout(() => {
        this.#timers.delete(inlet);
        inlet.onTimer(performance.now());
      }, delay),
    );
  }

  #drop(track: SubscribedTrack, entry: RtpSourceTrack): void {
    track.onPacket = null;
    this.#tracks.delete(track);
    clearTimeout(this.#timers.get(entry.inlet));
    this.#timers.delete(entry.inlet);
  }

  #release(): void {
    this.#gone = true;
    for (const [track, entry] of this.#tracks) this.#drop(track, entry);
  }
}
