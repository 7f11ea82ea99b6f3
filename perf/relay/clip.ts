import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { splitAnnexB } from '../../packages/livekit-rtp/src/index.ts';

const SPS = 7;
const PPS = 8;
const STAP_A = 24;

const asset = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'assets', name));

/**
 * Two seconds of 1280x720 at 30 frames a second, about 2 Mbit/s, a key frame first: of each frame the NAL units, every one as small as a packet.
 * The parameter sets come as one unit of two.
 */
export function videoFrames(): Buffer[][] {
  const frames: Buffer[][] = [];
  let parameterSets: Buffer[] = [];
  for (const unit of splitAnnexB(asset('clip.h264'))) {
    const type = unit[0]! & 0x1f;
    if (type === SPS || type === PPS) {
      parameterSets.push(unit);
      continue;
    }
    if (parameterSets.length > 0) frames.push([aggregate(parameterSets)]);
    else if (isFirstSlice(unit)) frames.push([]);
    parameterSets = [];
    frames.at(-1)!.push(unit);
  }
  return frames;
}

/** Several NAL units as one payload: STAP-A (RFC 6184, 5.7.1). */
export function aggregate(units: readonly Buffer[]): Buffer {
  const importance = Math.max(...units.map((unit) => unit[0]! & 0x60));
  const sized = units.flatMap((unit) => [Buffer.from([unit.length >> 8, unit.length & 0xff]), unit]);
  return Buffer.concat([Buffer.from([importance | STAP_A]), ...sized]);
}

/** `first_mb_in_slice` is 0: one bit. */
function isFirstSlice(unit: Buffer): boolean {
  return (unit[1]! & 0x80) !== 0;
}

/** Two seconds of Opus in frames of 20 ms. The two header packets of the Ogg stream are left out. */
export function audioFrames(): Buffer[] {
  const file = asset('clip.ogg');
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
  return packets.slice(2, 102);
}
