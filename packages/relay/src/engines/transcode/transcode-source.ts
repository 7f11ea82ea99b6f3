import { Room, RoomEvent, TrackKind, TrackSource } from '@livekit/rtc-node';
import type { RemoteParticipant, RemoteTrack, RemoteTrackPublication } from '@livekit/rtc-node';
// Not from the package's index, which loads a WebRTC library of its own.
import { disconnectReasonFrom } from '@avatar-bridge/livekit-rtp/disconnect-reason';
import type { RelayMediaKind, RoomSource } from '../../media-relay.ts';
import type { RoomContext, SourceHandlers, SourceRoom } from '../../relay/engine.ts';
import { callRoom, joinRoom } from './join-room.ts';

/** One track of the avatar, to be decoded. */
export type DecodedTrack = {
  readonly kind: RelayMediaKind;
  readonly track: RemoteTrack;
  /** `video/h264`, `audio/opus` … in lower case. */
  readonly mimeType: string;
  readonly stereo: boolean;
  readonly width: number;
  readonly height: number;
  muted(): boolean;
  /** Aborts when the track has ended. */
  readonly ended: AbortSignal;
};

export type TranscodeSourceContext = Omit<RoomContext, 'signal'> & {
  /** How loud the avatar is now, 0..1: the SDK says who speaks, but not how loud. */
  loudness(): number;
  everySecond(room: Room): void;
};

/** `AudioTrackFeature.TF_STEREO`, which the SDK does not export. */
const STEREO = 0;

type Entry = { decoded: DecodedTrack; end: AbortController };

/** The vendor's room, joined to receive one participant's tracks; reconnecting to it is the SDK's affair. */
export class TranscodeSource implements SourceRoom {
  static async join(
    options: RoomSource,
    handlers: SourceHandlers<DecodedTrack>,
    context: TranscodeSourceContext,
  ): Promise<TranscodeSource> {
    const source = new TranscodeSource(options.avatarIdentity, handlers, context);
    const { url, token } = options;
    await joinRoom(source.#room, {
      url,
      token,
      side: 'source',
      autoSubscribe: true,
      tokenRefreshed: context.tokenRefreshed,
    });
    for (const identity of source.#room.remoteParticipants.keys()) handlers.participantJoined(identity);
    return source;
  }

  readonly #room = new Room();
  readonly #avatarIdentity: string;
  readonly #handlers: SourceHandlers<DecodedTrack>;
  readonly #context: TranscodeSourceContext;
  readonly #tracks = new Map<string | undefined, Entry>();
  #gone = false;

  private constructor(
    avatarIdentity: string,
    handlers: SourceHandlers<DecodedTrack>,
    context: TranscodeSourceContext,
  ) {
    this.#avatarIdentity = avatarIdentity;
    this.#handlers = handlers;
    this.#context = context;
    this.#room
      .on(RoomEvent.ParticipantConnected, ({ identity }) => handlers.participantJoined(identity))
      .on(RoomEvent.TrackSubscribed, (track, publication, participant) =>
        this.#onTrack(track, publication, participant),
      )
      .on(RoomEvent.TrackUnsubscribed, (track) => this.#onTrackEnded(track.sid))
      .on(RoomEvent.TrackMuted, (publication) => this.#onMuted(publication.sid, true))
      .on(RoomEvent.TrackUnmuted, (publication) => this.#onMuted(publication.sid, false))
      .on(RoomEvent.DataReceived, (payload, participant, _kind, topic) => {
        if (this.#gone) return;
        handlers.data({
          payload: Buffer.from(payload).toString('utf8'),
          ...(topic ? { topic } : {}),
          ...(participant === undefined ? {} : { participantIdentity: participant.identity }),
        });
      })
      .on(RoomEvent.ActiveSpeakersChanged, (speakers) => {
        const active = speakers.some(({ identity }) => identity === avatarIdentity);
        if (!this.#gone) handlers.speaking(active, active ? context.loudness() : 0);
      })
      .on(RoomEvent.Disconnected, (reason) => {
        if (this.#gone) return;
        handlers.speaking(false, 0);
        this.#release();
        handlers.disconnected(disconnectReasonFrom(reason));
      });
  }

  async sendData(payload: string, topic: string | undefined): Promise<void> {
    await callRoom(this.#room, 'source', async () => {
      const data = new TextEncoder().encode(payload);
      await this.#room.localParticipant!.publishData(data, {
        reliable: true,
        ...(topic === undefined ? {} : { topic }),
      });
    });
  }

  everySecond(): void {
    if (!this.#gone) this.#context.everySecond(this.#room);
  }

  async close(): Promise<void> {
    this.#release();
    await this.#room.disconnect();
  }

  #onTrack(track: RemoteTrack, publication: RemoteTrackPublication, participant: RemoteParticipant): void {
    if (this.#gone) return;
    const isScreen =
      publication.source === TrackSource.SOURCE_SCREENSHARE ||
      publication.source === TrackSource.SOURCE_SCREENSHARE_AUDIO;
    if (participant.identity !== this.#avatarIdentity || isScreen) {
      publication.setSubscribed(false);
      return;
    }
    const kind = track.kind === TrackKind.KIND_VIDEO ? 'video' : 'audio';
    const end = new AbortController();
    const { width = 0, height = 0 } = publication;
    const mimeType = (publication.mimeType ?? '').toLowerCase();
    const decoded: DecodedTrack = {
      kind,
      track,
      mimeType,
      stereo: publication.info?.audioFeatures.some((feature: number) => feature === STEREO) ?? false,
      width,
      height,
      muted: () => publication.muted ?? false,
      ended: end.signal,
    };
    this.#tracks.set(track.sid, { decoded, end });
    this.#context.logger.info(
      { kind, mimeType, trackSid: track.sid, width, height },
      'avatar track subscribed',
    );
    this.#handlers.track(decoded);
  }

  #onTrackEnded(sid: string | undefined): void {
    const entry = this.#tracks.get(sid);
    if (entry === undefined) return;
    this.#tracks.delete(sid);
    entry.end.abort();
    this.#context.logger.info({ kind: entry.decoded.kind, trackSid: sid }, 'avatar track ended');
    if (!this.#gone) this.#handlers.trackEnded(entry.decoded);
  }

  #onMuted(sid: string | undefined, muted: boolean): void {
    const entry = this.#tracks.get(sid);
    if (entry !== undefined) this.#handlers.trackMuted(entry.decoded, muted);
  }

  #release(): void {
    for (const sid of this.#tracks.keys()) this.#onTrackEnded(sid);
    this.#gone = true;
  }
}
