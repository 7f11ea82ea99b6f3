import { RtpParticipant } from '@avatar-bridge/livekit-rtp';
import type { Logger, PublishedTrack } from '@avatar-bridge/livekit-rtp';
import { RetryableError } from '../../errors.ts';
import type { AvatarState, Caption, RelayMediaKind, RoomRelayOptions } from '../../media-relay.ts';
import { skewOf } from './outbound/capture-delay.ts';
import { isStereo, stageCodec, usesDtx } from '../../stage/carried-codec.ts';
import type { PublishHooks, RoomContext, StageHandlers, StageRoom } from '../../relay/engine.ts';
import { roomError } from '../../relay/room-error.ts';
import type { RtpSourceTrack } from './rtp-source.ts';
import { StageMessages } from '../../stage/stage-messages.ts';
import { avatarStream } from '../../stage/stage-stream.ts';
import { RtpStageTrack } from './rtp-stage-track.ts';

const VIDEO_BITRATE = 3_000_000;
const AUDIO_BITRATE = 64_000;
/** Announced when the vendor did not say: the size that avatars come in. */
const USUAL_WIDTH = 1280;
const USUAL_HEIGHT = 720;

/** The team's room, joined as the avatar. */
export class RtpStage implements StageRoom<RtpSourceTrack> {
  static async connect(
    options: RoomRelayOptions['stage'],
    handlers: StageHandlers,
    context: RoomContext,
  ): Promise<RtpStage> {
    const stage = new RtpStage(handlers, context.logger);
    try {
      stage.#participant = await RtpParticipant.connect({
        url: options.url,
        token: options.token,
        autoSubscribe: false,
        signal: context.signal,
        logger: context.logger,
        listeners: {
          data: ({ payload, topic, participantIdentity }) =>
            !stage.#gone &&
            handlers.data({
              payload: payload.toString('utf8'),
              ...(topic && { topic }),
              ...(participantIdentity !== undefined && { participantIdentity }),
            }),
          localTrackMuted: ({ options: { kind } }, muted) => !stage.#gone && handlers.muted(kind, muted),
          localTrackUnpublished: () => !stage.#gone && handlers.trackRemoved(),
          audience: ({ trackSid, watched }) => {
            stage.#watched.set(trackSid, watched);
            stage.#tellAudience();
          },
          reconnecting: ({ reason }) => !stage.#gone && handlers.reconnecting(reason),
          reconnected: () => !stage.#gone && handlers.reconnected(),
          disconnected: ({ reason }) => {
            if (stage.#gone) return;
            stage.#gone = true;
            handlers.disconnected(reason);
          },
          tokenRefreshed: (newest) => context.tokenRefreshed(options.token, newest),
        },
      });
    } catch (error) {
      throw roomError(error, 'stage');
    }
    return stage;
  }

  readonly #handlers: StageHandlers;
  readonly #logger: Logger;
  /** Whether anybody receives a track, by its sid. */
  readonly #watched = new Map<string, boolean>();
  #participant: RtpParticipant | undefined;
  /** Their sids change when the room is joined again. */
  readonly #published: { video?: PublishedTrack; audio?: PublishedTrack } = {};
  readonly #tracks = new Map<RelayMediaKind, RtpStageTrack>();
  readonly #messages = new StageMessages({
    participant: () => (this.#gone ? undefined : this.#participant),
    audioSid: () => this.#published.audio?.sid,
  });
  #gone = false;

  private constructor(handlers: StageHandlers, logger: Logger) {
    this.#handlers = handlers;
    this.#logger = logger;
  }

  async publish(track: RtpSourceTrack, { signal, firstPacket }: PublishHooks): Promise<RtpStageTrack> {
    const { kind, mimeType } = track;
    const codec = stageCodec(mimeType, track.codecs);
    const published = await this.#call((participant) =>
      kind === 'video'
        ? participant.publishTrack({
            kind: 'video',
            name: 'avatar-video',
            source: 'camera',
            stream: avatarStream,
            codec,
            width: track.width || USUAL_WIDTH,
            height: track.height || USUAL_HEIGHT,
            bitrate: VIDEO_BITRATE,
            signal,
          })
        : participant.publishTrack({
            kind: 'audio',
            name: 'avatar-audio',
            source: 'microphone',
            stream: avatarStream,
            codec,
            bitrate: AUDIO_BITRATE,
            stereo: isStereo(track.codecs),
            dtx: usesDtx(track.codecs),
            signal,
          }),
    );
    this.#published[kind] = published;
    this.#tellAudience();
    this.#logger.info({ kind, trackSid: published.sid, mimeType }, 'stage track published');
    const relay = new RtpStageTrack({ kind, mimeType, published, onFirstPacket: firstPacket });
    this.#tracks.set(kind, relay);
    return relay;
  }

  skew(): number | undefined {
    return skewOf(this.#tracks.get('audio')?.captureDelay, this.#tracks.get('video')?.captureDelay);
  }

  caption(caption: Caption): Promise<void> {
    return this.#messages.caption(caption);
  }

  setState(state: AvatarState): Promise<void> {
    return this.#messages.setState(state);
  }

  answer(attributes: Record<string, string>): Promise<void> {
    return this.#messages.answer(attributes);
  }

  sendData(payload: string, topic: string | undefined): Promise<void> {
    return this.#messages.sendData(payload, topic);
  }

  async close(reason: string): Promise<void> {
    this.#gone = true;
    await this.#participant?.close(reason);
  }

  /** Somebody can receive the picture before we know its sid. */
  #tellAudience(): void {
    const { video } = this.#published;
    const watched = video === undefined ? undefined : this.#watched.get(video.sid);
    if (watched !== undefined && !this.#gone) this.#handlers.audience(watched);
  }

  async #call<T>(work: (participant: RtpParticipant) => Promise<T>): Promise<T> {
    if (this.#gone || this.#participant === undefined)
      throw new RetryableError('disconnected', 'stage: not connected', { side: 'stage' });
    try {
      return await work(this.#participant);
    } catch (error) {
      throw roomError(error, 'stage');
    }
  }
}
