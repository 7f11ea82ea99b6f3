import {
  AudioFrame,
  AudioSource,
  LocalAudioTrack,
  LocalVideoTrack,
  Room,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoFrame,
  VideoSource,
} from '@livekit/rtc-node';
import type { VideoCodec } from '@livekit/rtc-node';
import { AVATAR } from './rooms.ts';
import type { Rooms } from './rooms.ts';

const WIDTH = 640;
const HEIGHT = 360;
const SAMPLES = 480;

/**
 * An avatar on LiveKit's own client: video that is encoded live, a tone, header extensions, RTX, bandwidth
 * probes and all.
 */
export class EncodingAvatar {
  static async join(rooms: Rooms, videoCodec: VideoCodec): Promise<EncodingAvatar> {
    const avatar = new EncodingAvatar();
    await avatar.room.connect(rooms.url('vendor'), await rooms.token('vendor', AVATAR), {
      autoSubscribe: false,
      dynacast: false,
    });
    const video = LocalVideoTrack.createVideoTrack('video', avatar.#video);
    const audio = LocalAudioTrack.createAudioTrack('audio', avatar.#audio);
    const me = avatar.room.localParticipant!;
    await me.publishTrack(
      video,
      new TrackPublishOptions({
        source: TrackSource.SOURCE_CAMERA,
        videoCodec,
        simulcast: false,
        stream: 'face',
      }),
    );
    await me.publishTrack(
      audio,
      new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE, stream: 'face' }),
    );
    return avatar;
  }

  readonly room = new Room();
  readonly #video = new VideoSource(WIDTH, HEIGHT);
  readonly #audio = new AudioSource(48_000, 1);
  readonly #picture = new Uint8Array((WIDTH * HEIGHT * 3) / 2).fill(128);
  readonly #timers: NodeJS.Timeout[];
  #frame = 0;
  #samples = 0;

  private constructor() {
    this.#timers = [setInterval(() => this.#draw(), 1000 / 30), setInterval(() => void this.#sound(), 10)];
  }

  async leave(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.room.disconnect();
  }

  #draw(): void {
    const top = (this.#frame++ * 4) % (HEIGHT - 40);
    this.#picture.fill(60, 0, WIDTH * HEIGHT);
    this.#picture.fill(200, top * WIDTH, (top + 40) * WIDTH);
    this.#video.captureFrame(new VideoFrame(this.#picture, WIDTH, HEIGHT, VideoBufferType.I420));
  }

  async #sound(): Promise<void> {
    const data = new Int16Array(SAMPLES);
    for (let index = 0; index < SAMPLES; index++)
      data[index] = 8000 * Math.sin((2 * Math.PI * 440 * this.#samples++) / 48_000);
    await this.#audio.captureFrame(new AudioFrame(data, 48_000, 1, SAMPLES));
  }
}
