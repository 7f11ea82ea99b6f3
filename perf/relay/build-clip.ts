// Encodes the bench's source again: `node perf/relay/build-clip.ts`, needs an ffmpeg with libx264 and libopus. Commit what it writes.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Bytes: a slice with its mark fits a packet. */
const SLICE = 1_160;

const assets = join(import.meta.dirname, 'assets');
const pictures = join(import.meta.dirname, '../../packages/avatar-simulator/assets/high.h264');
const scratch = mkdtempSync(join(tmpdir(), 'bench-clip-'));
const ffmpeg = (...args: string[]): void =>
  void execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...args]);

/** The number of the frame in black and white squares at the top, so that a decoder can tell the frames apart, too. */
const frameNumber = Array.from(
  { length: 6 },
  (_, bit) =>
    `drawbox=x=${bit * 64}:y=0:w=64:h=64:color=black:t=fill,drawbox=x=${bit * 64}:y=0:w=64:h=64:color=white:t=fill:enable='bitand(n,${2 ** bit})'`,
);
// What a camera adds, without which 2 Mbit/s cannot be spent on a drawing.
const grain = 'noise=alls=6:allf=t';

// 60 frames of 1280x720, the first one a key frame, in two passes: ordinary rate control needs longer than that to settle.
const input = ['-r', '30', '-i', pictures, '-frames:v', '60', '-vf', [grain, ...frameNumber].join(',')];
const codec = [
  '-c:v',
  'libx264',
  '-profile:v',
  'baseline',
  '-level',
  '3.1',
  '-preset',
  'medium',
  '-pix_fmt',
  'yuv420p',
];
const rate = [
  '-b:v',
  '2070k',
  '-maxrate',
  '2300k',
  '-bufsize',
  '900k',
  '-passlogfile',
  join(scratch, 'pass'),
];
const structure = [
  '-g',
  '60',
  '-sc_threshold',
  '0',
  '-bf',
  '0',
  '-x264-params',
  `slice-max-size=${SLICE}:vbv-init=0.9`,
];
for (const pass of ['1', '2'])
  ffmpeg(
    ...input,
    ...codec,
    ...rate,
    '-pass',
    pass,
    ...structure,
    '-bsf:v',
    'filter_units=remove_types=6',
    join(assets, 'clip.h264'),
  );
rmSync(scratch, { recursive: true });

// Two seconds that rise and fall like a voice.
const voice =
  "aevalsrc='0.3*sin(2*PI*180*t+20*sin(2*PI*3*t))*(0.5+0.5*sin(2*PI*4*t))+0.05*(random(0)-0.5)':s=48000:d=2.1";
const opus = ['-c:a', 'libopus', '-b:a', '32k', '-application', 'voip', '-frame_duration', '20'];
ffmpeg('-f', 'lavfi', '-i', voice, ...opus, join(assets, 'clip.ogg'));
