import {
  AudioSource,
  LocalAudioTrack,
  LocalVideoTrack,
  Room,
  RoomEvent,
  TrackPublishOptions,
  TrackSource,
  VideoCodec,
  VideoSource,
} from '@livekit/rtc-node';
import type { LocalTrack, LocalTrackPublication } from '@livekit/rtc-node';
import type { Logger } from '@avatar-bridge/livekit-rtp';
// Not from the package's index, which loads a WebRTC library of its own.
import { disconnectReasonFrom } from '@avatar-bridge/livekit-rtp/disconnect-reason';
import type { AvatarState, Caption, RelayMediaKind, RoomRelayOptions } from '../../media-relay.ts';
import type { PublishHooks, RoomContext, StageHandlers, StageRoom } from '../../relay/engine.ts';
import { AudioCarrier, SAMPLE_RATE } from './audio-carrier.ts';
import type { Carrier } from './carrier.ts';
import { callRoom, joinRoom } from './join-room.ts';
import type { RtcStats } from './inbound-stats.ts';
import { readOutbound } from './outbound-stats.ts';
import type { DecodedTrack } from './transcode-source.ts';
import type { SyncKeeper } from './sync-keeper.ts';
import { TranscodedTrack } from './transcoded-track.ts';
import { VideoCarrier } from './video-carrier.ts';

/** What LiveKit's components and agents look for. */
const TRANSCRIPTION_TOPIC = 'lk.transcription';
const STATE_ATTRIBUTE = 'lk.agent.state';
/** Tracks of one stream are played in sync. */
const STREAM = 'avatar';
/** bit/s of 1280x720; other sizes get their share. */
const VIDEO_BITRATE = 2_000_000;
const VIDEO_PIXELS = 1280 * 720;
const LEAST_BITRATE = 500_000;
const AUDIO_BITRATE = 64_000n;
const MOST_FRAMES_PER_SECOND = 30;
/** When a track comes muted, and the vendor did not say: the size that avatars come in. */
const USUAL_SIZE = { width: 1280, height: 720 };
/** ms. More than is ever in it. */
const AUDIO_QUEUE = 400;

export type TranscodeStageContext = Omit<RoomContext, 'signal'> & { sync: SyncKeeper };
type Size = { width: number; height: number };

/** The team's room, joined as the avatar; reconnecting to it is the SDK's affair. */
export class TranscodeStage implements StageRoom<DecodedTrack> {
  static async join(
    options: RoomRelayOptions,
    handlers: StageHandlers,
    context: TranscodeStageContext,
  ): Promise<TranscodeStage> {
    const stage = new TranscodeStage(options, handlers, context);
    const { url, token } = options.stage;
    await joinRoom(stage.#room, {
      url,
      token,
      side: 'stage',
      autoSubscribe: false,
      tokenRefreshed: context.tokenRefreshed,
    });
    return stage;
  }

  readonly #room = new Room();
  readonly #videoCodec: RoomRelayOptions['videoCodec'];
  readonly #sync: SyncKeeper;
  readonly #logger: Logger;
  #audio: LocalTrackPublication | undefined;
  #reading: Promise<RtcStats[]> | undefined;
  #gone = false;

  private constructor(
    { videoCodec }: RoomRelayOptions,
    handlers: StageHandlers,
    { sync, logger }: TranscodeStageContext,
  ) {
    this.#videoCodec = videoCodec;
    this.#sync = sync;
    this.#logger = logger;
    this.#room
      .on(RoomEvent.DataReceived, (payload, participant, _kind, topic) => {
        if (this.#gone) return;
        handlers.data({
          payload: Buffer.from(payload).toString('utf8'),
          ...(topic && { topic }),
          ...(participant && { participantIdentity: participant.identity }),
        });
      })
      .on(RoomEvent.LocalTrackUnpublished, () => !this.#gone && handlers.trackRemoved())
      .on(RoomEvent.Disconnected, (reason) => {
        if (this.#gone) return;
        this.#gone = true;
        handlers.disconnected(disconnectReasonFrom(reason));
      });
  }

  async publish(track: DecodedTrack, hooks: PublishHooks): Promise<TranscodedTrack | undefined> {
    return track.kind === 'video' ? this.#publishVideo(track, hooks) : this.#publishAudio(track, hooks);
  }

  /**
   * Each caption is a stream of its own; streams with the same segment id replace each other in LiveKit's
   * clients.
   */
  async caption(caption: Caption): Promise<void> {
    const attributes: Record<string, string> = {
      'lk.segment_id': caption.segmentId,
      'lk.transcription_final': String(caption.final),
      ...(this.#audio?.sid === undefined ? {} : { 'lk.transcribed_track_id': this.#audio.sid }),
    };
    await this.#call(() =>
      this.#room.localParticipant!.sendText(caption.text, { topic: TRANSCRIPTION_TOPIC, attributes }),
    );
  }

  async setState(state: AvatarState): Promise<void> {
    await this.#call(() => this.#room.localParticipant!.setAttributes({ [STATE_ATTRIBUTE]: state }));
  }

  async answer(attributes: Record<string, string>): Promise<void> {
    await this.#call(() => this.#room.localParticipant!.setAttributes(attributes));
  }

  async sendData(payload: string, topic: string | undefined): Promise<void> {
    const data = new TextEncoder().encode(payload);
    const options = { reliable: true, ...(topic === undefined ? {} : { topic }) };
    await this.#call(() => this.#room.localParticipant!.publishData(data, options));
  }

  skew(): number | undefined {
    return this.#sync.skew;
  }

  async close(): Promise<void> {
    this.#gone = true;
    await this.#room.disconnect();
  }

  /**
   * The source makes black pictures until it is given one, so there is none before the first of the avatar's.
   */
  async #publishVideo(track: DecodedTrack, hooks: PublishHooks): Promise<TranscodedTrack | undefined> {
    const carrier = new VideoCarrier(hooks.failed);
    carrier.feed(track);
    const size = track.muted()
      ? sizeOf(track)
      : await firstOf(carrier, AbortSignal.any([track.ended, hooks.signal]));
    if (size === undefined) {
      carrier.close();
      return undefined;
    }
    const source = new VideoSource(size.width, size.height);
    this.#sync.video = carrier;
    carrier.attach(source);
    const codec = this.#videoCodec ?? (track.mimeType === 'video/vp8' ? 'vp8' : 'h264');
    const bitrate = Math.max(
      LEAST_BITRATE,
      Math.round((VIDEO_BITRATE * size.width * size.height) / VIDEO_PIXELS),
    );
    const local = LocalVideoTrack.createVideoTrack('avatar-video', source);
    await this.#publishLocal(local, {
      source: TrackSource.SOURCE_CAMERA,
      videoCodec: codec === 'vp8' ? VideoCodec.VP8 : VideoCodec.H264,
      videoEncoding: { maxBitrate: BigInt(bitrate), maxFramerate: MOST_FRAMES_PER_SECOND },
    });
    return this.#track({ kind: 'video', codec: `video/${codec}`, carrier, local }, hooks);
  }

  async #publishAudio(track: DecodedTrack, hooks: PublishHooks): Promise<TranscodedTrack> {
    const source = new AudioSource(SAMPLE_RATE, track.stereo ? 2 : 1, AUDIO_QUEUE);
    const carrier = new AudioCarrier(source, hooks.failed);
    this.#sync.audio = carrier;
    const local = LocalAudioTrack.createAudioTrack('avatar-audio', source);
    this.#audio = await this.#publishLocal(local, {
      source: TrackSource.SOURCE_MICROPHONE,
      audioEncoding: { maxBitrate: AUDIO_BITRATE },
    });
    return this.#track({ kind: 'audio', codec: 'audio/opus', carrier, local }, hooks);
  }

  async #publishLocal(
    local: LocalTrack,
    options: ConstructorParameters<typeof TrackPublishOptions>[0],
  ): Promise<LocalTrackPublication> {
    const all = new TrackPublishOptions({
      ...options,
      stream: STREAM,
      simulcast: false,
      dtx: false,
      red: false,
    });
    const publication = await this.#call(() => this.#room.localParticipant!.publishTrack(local, all));
    this.#logger.info({ name: local.name, trackSid: publication.sid }, 'stage track published');
    return publication;
  }

  #track(
    options: { kind: RelayMediaKind; codec: string; carrier: Carrier; local: LocalTrack },
    hooks: PublishHooks,
  ): TranscodedTrack {
    const { kind, carrier } = options;
    carrier.onNextFrame = () => hooks.firstPacket(performance.now());
    return new TranscodedTrack({
      ...options,
      lastPacketAt: () => this.#sync.lastPacketAt(kind),
      inbound: () => this.#sync.sums(kind),
      outbound: async () => readOutbound(await this.#stats(), kind),
    });
  }

  /** Asked for twice at a time it is read once. */
  #stats(): Promise<RtcStats[]> {
    this.#reading ??= this.#call(() => this.#room.getRtcStats())
      .then(({ publisherStats }) => publisherStats)
      .finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  #call<T>(work: () => Promise<T>): Promise<T> {
    return callRoom(this.#room, 'stage', work);
  }
}

function sizeOf({ width, height }: DecodedTrack): Size {
  return width > 0 && height > 0 ? { width, height } : USUAL_SIZE;
}

/** `undefined` when the signal came first. */
async function firstOf(carrier: VideoCarrier, signal: AbortSignal): Promise<Size | undefined> {
  const aborted = Promise.withResolvers<undefined>();
  const onAbort = (): void => aborted.resolve(undefined);
  if (signal.aborted) return undefined;
  signal.addEventListener('abort', onAbort, { once: true });
  const size = await Promise.race([carrier.first, aborted.promise]);
  signal.removeEventListener('abort', onAbort);
  return size;
}
