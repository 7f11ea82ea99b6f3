import { AudioStream, Room, TrackKind, VideoBufferType, VideoStream } from '@livekit/rtc-node';
import type { RemoteTrack } from '@livekit/rtc-node';
import type { Rectangle } from '../picture-size.ts';

export type SeenFrame = { at: number; width: number; height: number; mouth: number[] };

/** LiveKit's own Node SDK in an avatar's room: decodes what the avatar sends. Times are epoch ms. */
export class Viewer implements AsyncDisposable {
  readonly frames: SeenFrame[] = [];
  /** The root mean square of each 20 ms of sound, of 16-bit samples. */
  readonly loudness: { at: number; rms: number }[] = [];
  /** Each change of who speaks, as identities. */
  readonly speakers: string[][] = [];
  readonly #room = new Room();
  readonly #readers: { cancel(): Promise<void> }[] = [];
  readonly #region: Rectangle;

  private constructor(region: Rectangle) {
    this.#region = region;
    this.#room.on('trackSubscribed', (track) => this.#watch(track));
    this.#room.on('activeSpeakersChanged', (speakers) =>
      this.speakers.push(speakers.map(({ identity }) => identity)),
    );
  }

  static async join({
    url,
    token,
    region,
  }: {
    url: string;
    token: string;
    region: Rectangle;
  }): Promise<Viewer> {
    const viewer = new Viewer(region);
    await viewer.#room.connect(url, token, { autoSubscribe: true, dynacast: false });
    return viewer;
  }

  /** The identities of the others in the room. */
  get others(): string[] {
    return [...this.#room.remoteParticipants.keys()];
  }

  framesPerSecond(from: number, to: number): number {
    return (this.frames.filter(({ at }) => at >= from && at < to).length * 1000) / (to - from);
  }

  loudest(from: number, to: number): number {
    return Math.max(0, ...this.loudness.filter(({ at }) => at >= from && at < to).map(({ rms }) => rms));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.cancel()));
    await this.#room.disconnect();
  }

  #watch(track: RemoteTrack): void {
    if (track.kind === TrackKind.KIND_VIDEO) void this.#watchPictures(track);
    else void this.#listen(track);
  }

  async #watchPictures(track: RemoteTrack): Promise<void> {
    const reader = new VideoStream(track).getReader();
    this.#readers.push(reader);
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      const frame =
        value!.frame.type === VideoBufferType.I420
          ? value!.frame
          : value!.frame.convert(VideoBufferType.I420);
      const { width, height } = frame;
      this.frames.push({ at: Date.now(), width, height, mouth: tiles(frame.data, width, this.#region) });
    }
  }

  async #listen(track: RemoteTrack): Promise<void> {
    const reader = new AudioStream(track, {
      sampleRate: 16_000,
      numChannels: 1,
      frameSizeMs: 20,
    }).getReader();
    this.#readers.push(reader);
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      const squares = value!.data.reduce((sum, sample) => sum + sample * sample, 0);
      this.loudness.push({ at: Date.now(), rms: Math.sqrt(squares / value!.data.length) });
    }
  }
}

/** The mean brightness of 12 x 8 tiles of a region. */
function tiles(luma: Uint8Array, stride: number, { left, top, width, height }: Rectangle): number[] {
  const sums = Array.from({ length: 96 }, () => ({ sum: 0, count: 0 }));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const tile = sums[Math.floor((y * 8) / height) * 12 + Math.floor((x * 12) / width)]!;
      tile.sum += luma[(top + y) * stride + left + x]!;
      tile.count++;
    }
  return sums.map(({ sum, count }) => sum / count);
}
