import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packetizeH264, packetizeVp8, RTP_HEADER_LENGTH, splitAnnexB } from '@avatar-bridge/livekit-rtp';
import { faceStates } from './face.ts';
import type { FaceState } from './face.ts';
import type { Quality } from './picture-size.ts';

export type VideoEncoding = 'H264' | 'VP8';

/**
 * One encoded picture, a key frame, as RTP packets whose headers are still to be written. Shared by all
 * avatars: written and sent at once.
 */
export type Picture = {
  readonly packets: readonly Buffer[];
  /**
   * Makes the picture the `index`th of its stream: consecutive ones must not look like one picture sent
   * twice.
   */
  readonly number: (index: number) => void;
};

/** RTP packets are at most 1,200 bytes, as WebRTC encoders make them. */
const maxPayload = 1200 - RTP_HEADER_LENGTH;
const stapA = 24;

const loaded = new Map<string, Promise<ReadonlyMap<string, Picture>>>();

/** The pictures of the face, read from the assets once in a process. */
export async function facePictures(
  encoding: VideoEncoding,
  quality: Quality,
): Promise<(state: FaceState) => Picture> {
  const file = `${quality}.${encoding === 'H264' ? 'h264' : 'ivf'}`;
  let reading = loaded.get(file);
  if (!reading) loaded.set(file, (reading = read(file, encoding)));
  const pictures = await reading;
  return (state) => pictures.get(keyOf(state)) ?? pictures.get(keyOf({ ...state, eyes: 'open' }))!;
}

const keyOf = ({ pose, mouth, eyes }: FaceState) => `${pose} ${mouth} ${eyes}`;

async function read(file: string, encoding: VideoEncoding): Promise<ReadonlyMap<string, Picture>> {
  const bytes = await readFile(join(import.meta.dirname, '../../assets', file));
  const pictures = encoding === 'H264' ? readH264(bytes).map(h264Picture) : readIvf(bytes).map(vp8Picture);
  if (pictures.length !== faceStates.length)
    throw new Error(
      `${file} has ${pictures.length} pictures, not ${faceStates.length}: build the assets again`,
    );
  return new Map(faceStates.map((state, index) => [keyOf(state), pictures[index]!]));
}

/** The access units of an Annex B stream, each a list of NAL units that ends with an IDR slice. */
export function readH264(stream: Buffer): Buffer[][] {
  const pictures: Buffer[][] = [];
  let units: Buffer[] = [];
  for (const unit of splitAnnexB(stream)) {
    units.push(unit);
    if ((unit[0]! & 31) !== 5) continue;
    pictures.push(units);
    units = [];
  }
  return pictures;
}

/**
 * The frames of an IVF file: 32 bytes of header, then 12 bytes before each frame, which start with its
 * length.
 */
export function readIvf(file: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 32; at + 12 <= file.length;) {
    const length = file.readUInt32LE(at);
    frames.push(file.subarray(at + 12, at + 12 + length));
    at += 12 + length;
  }
  return frames;
}

/**
 * The parameter sets go in one STAP-A packet. idr_pic_id, which must differ between consecutive IDR pictures,
 * is 1 in the assets: `010` in the last three bits of the slice's third byte; the last one of them set makes
 * it 2.
 */
function h264Picture(units: readonly Buffer[]): Picture {
  const slice = units.at(-1)!;
  const parameterSets = units
    .slice(0, -1)
    .flatMap((unit) => [Buffer.from([unit.length >> 8, unit.length & 0xff]), unit]);
  const slicePayloads = packetizeH264([slice], maxPayload);
  const packets = [Buffer.concat([Buffer.from([0x60 | stapA]), ...parameterSets]), ...slicePayloads].map(
    withHeaderRoom,
  );
  const first = packets[1]!;
  const at = RTP_HEADER_LENGTH + (slicePayloads.length > 1 ? 3 : 2);
  return {
    packets,
    number: (index) => {
      first[at] = (first[at]! & 0xfe) | (index & 1);
    },
  };
}

/** The picture id stands in the third and fourth byte of each payload. */
function vp8Picture(frame: Buffer): Picture {
  const packets = packetizeVp8(frame, 0, maxPayload).map(withHeaderRoom);
  return {
    packets,
    number: (index) => {
      for (const packet of packets) packet.writeUInt16BE(0x8000 | (index & 0x7fff), RTP_HEADER_LENGTH + 2);
    },
  };
}

function withHeaderRoom(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(RTP_HEADER_LENGTH), payload]);
}
