import { AudioStream, Room, RoomEvent, TrackKind, VideoStream } from '@livekit/rtc-node';
import type { Participant, RemoteTrack } from '@livekit/rtc-node';
import type { Rooms } from './rooms.ts';

export type SeenCaption = { text: string; attributes: Record<string, string>; from: string };

/** Somebody who watches the stage with LiveKit's own client and decodes what comes. */
export class Viewer {
  static async join(rooms: Rooms, identity = 'viewer'): Promise<Viewer> {
    const viewer = new Viewer();
    await viewer.room.connect(rooms.url('stage'), await rooms.token('stage', identity), {
      autoSubscribe: true,
      dynacast: false,
    });
    return viewer;
  }

  readonly room = new Room();
  frames = 0;
  /** Monotonic ms of the subscription to the picture, and of its first frame; -1 before. */
  subscribedAt = -1;
  firstFrameAt = -1;
  width = 0;
  height = 0;
  audioFrames = 0;
  /** Loudest sample of all audio, 0..32767. */
  loudest = 0;
  /** Sids of the tracks as they came, and as they went. */
  readonly subscribed: string[] = [];
  readonly unsubscribed: string[] = [];
  readonly captions: SeenCaption[] = [];
  readonly data: { payload: string; topic?: string; from?: string }[] = [];
  /** Who was named an active speaker last. */
  speakers: string[] = [];
  readonly #readers = new Set<{ cancel(): Promise<void> }>();

  private constructor() {
    this.room.on(RoomEvent.TrackSubscribed, (track) => {
      this.subscribed.push(track.sid ?? '');
      if (track.kind === TrackKind.KIND_VIDEO) void this.#watch(track);
      else void this.#listen(track);
    });
    this.room.on(RoomEvent.TrackUnsubscribed, (track) => void this.unsubscribed.push(track.sid ?? ''));
    this.room.on(RoomEvent.ActiveSpeakersChanged, (speakers) => {
      this.speakers = speakers.map(({ identity }) => identity);
    });
    this.room.on(RoomEvent.DataReceived, (payload, participant, _kind, topic) => {
      this.data.push({ payload: Buffer.from(payload).toString(), topic, from: participant?.identity });
    });
    this.room.registerTextStreamHandler('lk.transcription', (reader, { identity }) => {
      void reader
        .readAll()
        .then((text) =>
          this.captions.push({ text, attributes: reader.info.attributes ?? {}, from: identity }),
        );
    });
  }

  participant(identity: string): Participant | undefined {
    return this.room.remoteParticipants.get(identity);
  }

  async leave(): Promise<void> {
    await Promise.all([...this.#readers].map((reader) => reader.cancel()));
    await this.room.disconnect();
  }

  async #watch(track: RemoteTrack): Promise<void> {
    this.subscribedAt = performance.now();
    for await (const { frame } of this.#read(new VideoStream(track))) {
      if (this.frames++ === 0) this.firstFrameAt = performance.now();
      this.width = frame.width;
      this.height = frame.height;
    }
  }

  async #listen(track: RemoteTrack): Promise<void> {
    for await (const frame of this.#read(new AudioStream(track))) {
      this.audioFrames++;
      for (let index = 0; index < frame.data.length; index += 16)
        this.loudest = Math.max(this.loudest, Math.abs(frame.data[index]!));
    }
  }

  async *#read<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
    const reader = stream.getReader();
    this.#readers.add(reader);
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    this.#readers.delete(reader);
  }
}
