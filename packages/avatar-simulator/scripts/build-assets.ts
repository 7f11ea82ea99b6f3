/**
 * Draws every picture of the face and encodes it into ../assets. See assets/README.md for what it needs and
 * when to run it.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { splitAnnexB } from '@avatar-bridge/livekit-rtp';
import { faceStates } from '../src/media/face.ts';
import { pictureSizes } from '../src/media/picture-size.ts';
import type { Quality } from '../src/media/picture-size.ts';
import { drawFace } from './draw-face.ts';

const run = promisify(execFile);
const assets = join(import.meta.dirname, '..', 'assets');

/** The quantizers are fixed, so that what does not move looks the same in every picture. */
const quantizers: Record<Quality, { h264: number; vp8: number }> = {
  high: { h264: 36, vp8: 34 },
  medium: { h264: 37, vp8: 40 },
  low: { h264: 38, vp8: 42 },
};

const x264Options = [
  'keyint=1',
  'scenecut=0',
  'slices=1',
  'aq-mode=0',
  'mbtree=0',
  'no-psy=1',
  'deblock=1,1',
  'chroma-qp-offset=-2',
  'level=3.1',
  'repeat-headers=1',
].join(':');

const scratch = await mkdtemp(join(tmpdir(), 'face-'));
try {
  await drawAll();
  for (const quality of Object.keys(pictureSizes) as Quality[]) {
    await encodeH264(quality);
    await encodeVp8(quality);
  }
  await run('ffmpeg', [
    '-v',
    'error',
    '-y',
    '-i',
    join(scratch, '0.png'),
    '-vf',
    'scale=960:-1',
    '-q:v',
    '4',
    join(assets, 'face.jpg'),
  ]);
} finally {
  await rm(scratch, { recursive: true });
}

async function drawAll(): Promise<void> {
  const waiting = [...faceStates.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, state] = next;
      const svg = join(scratch, `${index}.svg`);
      await writeFile(svg, drawFace(state));
      await run('rsvg-convert', ['-o', join(scratch, `${index}.png`), svg]);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

function toYuv(quality: Quality): string {
  const { width, height } = pictureSizes[quality];
  return `scale=${width}:${height}:flags=lanczos:out_color_matrix=bt601:out_range=tv,format=yuv420p`;
}

async function ffmpeg(options: string[], output: string): Promise<void> {
  await run('ffmpeg', [
    '-v',
    'error',
    '-y',
    '-framerate',
    '30',
    '-i',
    join(scratch, '%d.png'),
    ...options,
    output,
  ]);
  console.log(output, (await stat(output)).size, 'bytes');
}

/**
 * Each picture is encoded twice in a row and the second one kept: x264 gives it the idr_pic_id 1, which can
 * be made 2 by one bit (consecutive IDR pictures must differ in it, H.264 7.4.3). constraint_set2_flag makes
 * the profile the 42e01f that SDP speaks of.
 */
async function encodeH264(quality: Quality): Promise<void> {
  const doubled = join(scratch, 'doubled.h264');
  const quantizer = String(quantizers[quality].h264);
  const encoder = '-c:v libx264 -profile:v baseline -preset placebo -tune stillimage'.split(' ');
  await ffmpeg(
    ['-vf', `${toYuv(quality)},fps=60`, ...encoder, '-qp', quantizer, '-x264-params', x264Options],
    doubled,
  );
  const units = splitAnnexB(await readFile(doubled)).map((unit) => ({ type: unit[0]! & 31, unit }));
  const pictures = units.filter(({ type }) => type === 5).map(({ unit }) => unit);
  const sps = units.find(({ type }) => type === 7)!.unit;
  const pps = units.find(({ type }) => type === 8)!.unit;
  sps[2]! |= 0x20;
  const startCode = Buffer.from([0, 0, 0, 1]);
  const kept = pictures.filter((_, index) => index % 2 === 1);
  if (kept.length !== faceStates.length || kept.some((picture) => (picture[2]! & 7) !== 2))
    throw new Error(
      'the encoder did not make two IDR pictures of each drawing, the second with idr_pic_id 1',
    );
  await writeFile(
    join(assets, `${quality}.h264`),
    Buffer.concat(kept.flatMap((picture) => [startCode, sps, startCode, pps, startCode, picture])),
  );
}

async function encodeVp8(quality: Quality): Promise<void> {
  const quantizer = String(quantizers[quality].vp8);
  const encoder =
    '-c:v libvpx -g 0 -b:v 8M -deadline best -cpu-used 0 -auto-alt-ref 0 -lag-in-frames 0'.split(' ');
  await ffmpeg(
    ['-vf', toYuv(quality), ...encoder, '-qmin', quantizer, '-qmax', quantizer],
    join(assets, `${quality}.ivf`),
  );
}
