import {
  AudioFrame,
  AudioSource,
  LocalAudioTrack,
  LocalVideoTrack,
  Room,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoCodec,
  VideoFrame,
  VideoSource,
} from '@livekit/rtc-node';
import type { Heard, Listener } from './listener.ts';
import { AVATAR } from './rooms.ts';
import type { Rooms } from './rooms.ts';

const WIDTH = 640;
const HEIGHT = 360;
const SAMPLES = 480;
const MARK_EVERY = 1000;
const BEEP = 100;
const BLOCK = 8;

/** Once a second the picture changes as a whole, and at the same moment a short tone breaks the silence. */
export class MarkingAvatar {
  static async join(rooms: Rooms): Promise<MarkingAvatar> {
    const avatar = new MarkingAvatar();
    await avatar.#room.connect(rooms.url('vendor'), await rooms.token('vendor', AVATAR), {
      autoSubscribe: false,
      dynacast: false,
    });
    const me = avatar.#room.localParticipant!;
    const common = { simulcast: false, dtx: false, red: false, stream: 'face' };
    await me.publishTrack(
      LocalVideoTrack.createVideoTrack('video', avatar.#video),
      new TrackPublishOptions({ ...common, source: TrackSource.SOURCE_CAMERA, videoCodec: VideoCodec.VP8 }),
    );
    await me.publishTrack(
      LocalAudioTrack.createAudioTrack('audio', avatar.#audio),
      new TrackPublishOptions({ ...common, source: TrackSource.SOURCE_MICROPHONE }),
    );
    return avatar;
  }

  readonly #room = new Room();
  readonly #video = new VideoSource(WIDTH, HEIGHT);
  readonly #audio = new AudioSource(48_000, 1, 0);
  readonly #pictures = [noise(), noise()];
  readonly #startedAt = performance.now();
  readonly #timers: NodeJS.Timeout[];
  #sounds = 0;
  #marks = 0;

  private constructor() {
    this.#timers = [setInterval(() => this.#draw(), 1000 / 30), setInterval(() => this.#sound(), 10)];
  }

  async leave(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#room.disconnect();
  }

  #draw(): void {
    this.#video.captureFrame(
      new VideoFrame(this.#pictures[this.#marks % 2]!, WIDTH, HEIGHT, VideoBufferType.I420),
    );
  }

  #sound(): void {
    for (; this.#sounds * 10 < performance.now() - this.#startedAt; this.#sounds++) {
      const data = new Int16Array(SAMPLES);
      const sinceMark = (this.#sounds * 10) % MARK_EVERY;
      if (sinceMark === 0) {
        this.#marks++;
        this.#draw();
      }
      if (sinceMark < BEEP) {
        for (let index = 0; index < SAMPLES; index++)
          data[index] = 12_000 * Math.sin((2 * Math.PI * 440 * index) / 48_000);
      }
      void this.#audio.captureFrame(new AudioFrame(data, 48_000, 1, SAMPLES));
    }
  }
}

function noise(): Uint8Array {
  const picture = new Uint8Array((WIDTH * HEIGHT * 3) / 2).fill(128);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x += BLOCK) {
      const from = y % BLOCK === 0 ? undefined : (y - 1) * WIDTH + x;
      picture.fill(
        from === undefined ? Math.random() * 255 : picture[from]!,
        y * WIDTH + x,
        y * WIDTH + x + BLOCK,
      );
    }
  }
  return picture;
}

/**
 * How much later a beep is than the picture that belongs to it, on the sender's clock: the median in ms over
 * all marks that were heard.
 */
export function soundAfterPicture(listener: Listener): number {
  const pictures = onsets(framesOf(listener.packets.video), 4).map((frame) =>
    listener.capturedAt(frame, 90_000),
  );
  const sounds = onsets(
    listener.packets.audio.map((packet) => ({ ...packet, size: packet.payload.length })),
    3,
  ).map((packet) => listener.capturedAt(packet, 48_000));
  const skews = sounds.flatMap((sound) => {
    const nearest = pictures
      .map((picture) => sound - picture)
      .toSorted((a, b) => Math.abs(a) - Math.abs(b))[0];
    return nearest === undefined || Math.abs(nearest) > MARK_EVERY / 2 ? [] : [nearest];
  });
  return skews.toSorted((a, b) => a - b)[Math.floor(skews.length / 2)] ?? Number.NaN;
}

type Sized = Heard & { size: number };

/** First packets of frames, with the size of the frame. */
function framesOf(packets: readonly Heard[]): Sized[] {
  const frames = new Map<number, Sized>();
  for (const packet of packets) {
    const frame = frames.get(packet.timestamp);
    if (frame === undefined) frames.set(packet.timestamp, { ...packet, size: packet.payload.length });
    else frame.size += packet.payload.length;
  }
  return [...frames.values()];
}

/** Those that are `times` as large as usual, and not right after another one. */
function onsets(all: readonly Sized[], times: number): Sized[] {
  const usual = all.map(({ size }) => size).toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
  const found: Sized[] = [];
  let quietSince = Number.NEGATIVE_INFINITY;
  for (const one of all) {
    if (one.size < usual * times) continue;
    if (one.at - quietSince > MARK_EVERY / 2) found.push(one);
    quietSince = one.at;
  }
  return found;
}
