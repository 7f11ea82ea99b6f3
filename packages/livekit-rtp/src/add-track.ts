import {
  AddTrackRequest,
  AudioTrackFeature,
  SimulcastCodec,
  TrackSource,
  TrackType,
  VideoLayer,
  VideoQuality,
} from '@livekit/protocol';
import { TerminalError } from './errors.ts';
import type { PublishOptions } from './types.ts';

const SOURCES = {
  audio: {
    camera: TrackSource.UNKNOWN,
    microphone: TrackSource.MICROPHONE,
    screen: TrackSource.SCREEN_SHARE_AUDIO,
  },
  video: { camera: TrackSource.CAMERA, microphone: TrackSource.UNKNOWN, screen: TrackSource.SCREEN_SHARE },
};

type Announced = { cid: string; ssrc: number; muted: boolean };

/** Throws TerminalError('invalid-options') for what can never be published. */
export function checkPublishOptions({ kind, codec }: PublishOptions): void {
  const fail = (message: string): never => {
    throw new TerminalError('invalid-options', message);
  };
  if (!codec.mimeType.startsWith(`${kind}/`)) fail(`the codec ${codec.mimeType} is not for ${kind}`);
  if (!Number.isInteger(codec.payloadType) || codec.payloadType < 96 || codec.payloadType > 127) {
    fail('the payload type must be a dynamic one: 96 to 127');
  }
}

/** The request that announces a track. One layer, no simulcast; RED is declined for its publisher and, with that, for all subscribers. */
export function addTrackRequest(options: PublishOptions, { cid, ssrc, muted }: Announced): AddTrackRequest {
  const common = {
    cid,
    muted,
    name: options.name,
    stream: options.stream ?? '',
    source: SOURCES[options.kind][options.source],
  };
  if (options.kind === 'audio') {
    const stereo = options.stereo ?? options.codec.channels === 2;
    const dtx = options.dtx ?? false;
    return new AddTrackRequest({
      ...common,
      type: TrackType.AUDIO,
      stereo,
      disableDtx: !dtx,
      disableRed: true,
      audioFeatures: [
        ...(stereo ? [AudioTrackFeature.TF_STEREO] : []),
        ...(dtx ? [] : [AudioTrackFeature.TF_NO_DTX]),
      ],
    });
  }
  const width = options.width ?? 0;
  const height = options.height ?? 0;
  const codec = options.codec.mimeType.slice('video/'.length).toLowerCase();
  return new AddTrackRequest({
    ...common,
    type: TrackType.VIDEO,
    width,
    height,
    layers: [
      new VideoLayer({ quality: VideoQuality.HIGH, width, height, bitrate: options.bitrate ?? 0, ssrc }),
    ],
    simulcastCodecs: [new SimulcastCodec({ codec, cid })],
  });
}
