import { readFileSync } from 'node:fs';
import { packetizeH264, packetizeVp8, splitAnnexB } from '@avatar-bridge/livekit-rtp';

/**
 * One second of 1280x720 at 30 fps, beginning with its only key frame, and one second of a 440 Hz tone in 20
 * ms Opus frames.
 */
const fixture = (name: string): Buffer => readFileSync(new URL(`fixtures/${name}`, import.meta.url));

const AUD = 9;
const MTU = 1100;

/** RTP payloads, frame by frame. */
export function h264Frames(): Buffer[][] {
  const frames: Buffer[][] = [];
  for (const unit of splitAnnexB(fixture('clip.h264'))) {
    if ((unit[0]! & 0x1f) === AUD) frames.push([]);
    else frames.at(-1)!.push(unit);
  }
  return frames.map((units) => packetizeH264(units, MTU));
}

export function vp8Frames(): Buffer[][] {
  const file = fixture('clip.ivf');
  const frames: Buffer[][] = [];
  for (let at = file.readUInt16LE(6); at + 12 <= file.length;) {
    const length = file.readUInt32LE(at);
    frames.push(packetizeVp8(file.subarray(at + 12, at + 12 + length), frames.length, MTU));
    at += 12 + length;
  }
  return frames;
}

/**
 * Opus frames; the two header packets of the Ogg stream and what the encoder adds at the end are left out.
 */
export function opusFrames(): Buffer[] {
  const file = fixture('clip.ogg');
  const packets: Buffer[] = [];
  for (let at = 0; at + 27 <= file.length;) {
    const segments = file.subarray(at + 27, at + 27 + file[at + 26]!);
    let start = at + 27 + segments.length;
    let length = 0;
    for (const segment of segments) {
      length += segment;
      if (segment === 255) continue;
      packets.push(file.subarray(start, start + length));
      start += length;
      length = 0;
    }
    at = start + length;
  }
  return packets.slice(2, 52);
}
