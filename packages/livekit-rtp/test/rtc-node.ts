import {
  AudioFrame,
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  LocalVideoTrack,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoFrame,
  VideoSource,
  VideoStream,
  type RemoteTrack,
  type VideoCodec,
  type Room,
} from '@livekit/rtc-node';
import { cleanup } from './support.ts';

export type Decoded = { video: Map<string, number>; loudAudio: Map<string, number>; sizes: Set<string> };

/** Counts what LiveKit's own SDK decodes in a room: video frames, and audio frames that are not silent, by track sid. */
export function decode(peer: Room): Decoded {
  const decoded: Decoded = { video: new Map(), loudAudio: new Map(), sizes: new Set() };
  peer.on(RoomEvent.TrackSubscribed, (track) => {
    void (track.kind === TrackKind.KIND_VIDEO ? decodeVideo(track, decoded) : decodeAudio(track, decoded));
  });
  return decoded;
}

async function decodeVideo(track: RemoteTrack, decoded: Decoded): Promise<void> {
  const reader = new VideoStream(track).getReader();
  cleanup(() => reader.cancel().catch(() => undefined));
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    decoded.video.set(track.sid!, (decoded.video.get(track.sid!) ?? 0) + 1);
    decoded.sizes.add(`${read.value.frame.width}x${read.value.frame.height}`);
  }
}

async function decodeAudio(track: RemoteTrack, decoded: Decoded): Promise<void> {
  const reader = new AudioStream(track, 48_000, 1).getReader();
  cleanup(() => reader.cancel().catch(() => undefined));
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    if (read.value.data.some((sample) => Math.abs(sample) > 1_000))
      decoded.loudAudio.set(track.sid!, (decoded.loudAudio.get(track.sid!) ?? 0) + 1);
  }
}

/** Publishes a picture that LiveKit's own SDK encodes; returns its track sid. */
export async function publishVideo(
  peer: Room,
  codec: VideoCodec,
): Promise<{ sid: string; unpublish(): Promise<void> }> {
  const [width, height] = [320, 180];
  const source = new VideoSource(width, height);
  const pixels = new Uint8Array(width * height * 1.5).fill(128);
  let frame = 0;
  const timer = setInterval(() => {
    pixels.fill(40 + (frame++ % 100), 0, width * 40);
    source.captureFrame(new VideoFrame(pixels, width, height, VideoBufferType.I420));
  }, 33);
  cleanup(() => clearInterval(timer));
  const options = new TrackPublishOptions({
    source: TrackSource.SOURCE_CAMERA,
    simulcast: false,
    videoCodec: codec,
    stream: 'avatar',
  });
  const publication = await peer.localParticipant!.publishTrack(
    LocalVideoTrack.createVideoTrack('picture', source),
    options,
  );
  const sid = publication.sid!;
  return { sid, unpublish: () => peer.localParticipant!.unpublishTrack(sid) };
}

/** Publishes a tone; `red` asks for the redundant payload format. */
export async function publishTone(peer: Room, { red = false } = {}): Promise<string> {
  const source = new AudioSource(48_000, 1, 100);
  const state = { running: true };
  cleanup(() => void (state.running = false));
  const options = new TrackPublishOptions({
    source: TrackSource.SOURCE_MICROPHONE,
    dtx: false,
    red,
    stream: 'avatar',
  });
  const publication = await peer.localParticipant!.publishTrack(
    LocalAudioTrack.createAudioTrack('voice', source),
    options,
  );
  void (async () => {
    for (let phase = 0; state.running;) {
      const samples = new Int16Array(480).map(
        () => 8_000 * Math.sin((phase += (2 * Math.PI * 400) / 48_000)),
      );
      await source.captureFrame(new AudioFrame(samples, 48_000, 1, 480)).catch(() => (state.running = false));
    }
  })();
  return publication.sid!;
}
