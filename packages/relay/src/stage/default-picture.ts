import { readFile } from 'node:fs/promises';
import { packetizeVp8 } from '@avatar-bridge/livekit-rtp';
import type { Picture } from './still-picture.ts';

/** Bytes of one RTP payload, as browsers send them. */
const payloadSize = 1_200;
const file = new URL('../../assets/still-picture.vp8', import.meta.url);

let loaded: Promise<Picture> | undefined;

/** What stands for an avatar of which there is no picture. See assets/README.md. */
export function defaultPicture(): Promise<Picture> {
  loaded ??= readFile(file).then((frame) => ({
    mimeType: 'video/vp8',
    payloads: packetizeVp8(frame, 1, payloadSize),
    width: 1280,
    height: 720,
  }));
  return loaded;
}
