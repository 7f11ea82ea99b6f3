import Table from 'cli-table3';
import type { Seen, Window } from './measure.ts';

const columns: [string, (seen: Seen) => string | number][] = [
  ['codec', ({ codec }) => codec],
  ['s', ({ seconds }) => seconds],
  ['Chromium fps\nmean / min', ({ chromium }) => pair(chromium.fps)],
  [
    'freezes',
    ({ chromium }) => (chromium.freezes === 0 ? 0 : `${chromium.freezes} (${chromium.freezeSeconds} s)`),
  ],
  ['frames\ndropped', ({ chromium }) => chromium.framesDropped],
  ['packets\nlost', ({ chromium }) => chromium.packetsLost],
  [
    'voice after picture, ms\nstart / end / per minute',
    ({ chromium: { skewMs } }) => numbers(skewMs.start, skewMs.end, skewMs.perMinute),
  ],
  ['jitter\nbuffer ms', ({ chromium }) => chromium.jitterBufferMs],
  ['rtc-node fps\nmean / min', ({ rtcNode }) => pair(rtcNode.fps)],
  ['silent\nwindows', ({ rtcNode }) => rtcNode.silentWindows],
  ['relay: lost /\nrepaired / resent', ({ relay }) => numbers(relay.lost, relay.repaired, relay.resent)],
];

export function table(seen: readonly Seen[]): string {
  const output = new Table({ head: columns.map(([name]) => name), style: { head: [], border: [] } });
  for (const one of seen) output.push(columns.map(([, value]) => value(one)));
  return output.toString();
}

export function progressLine(second: number, seen: readonly (Window & { codec: string })[]): string {
  const parts = seen.map(
    (one) =>
      `${one.codec}: ${one.fps.toFixed(1)} fps, ${one.freezes} freezes, ${one.packetsLost} lost, voice ${signed(one.skewMs)} ms, rtc-node ${one.rtcFps.toFixed(1)} fps at loudness ${Math.round(one.rtcLoudest)}`,
  );
  return `  ${second} s  ${parts.join(' | ')}`;
}

const pair = ({ mean, min }: { mean: number; min: number }): string => numbers(mean, min);
const numbers = (...values: number[]): string =>
  values.map((value) => (Number.isNaN(value) ? '-' : value)).join(' / ');
const signed = (value: number): string =>
  Number.isNaN(value) ? '?' : `${value < 0 ? '' : '+'}${Math.round(value)}`;
