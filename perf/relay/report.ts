import Table from 'cli-table3';
import { describeMachine } from '../bench-servers.ts';
import type { Run } from './measure.ts';

const latency = ({ p50, p95, p99, max }: Run['addedLatencyMs']): string =>
  [p50, p95, p99, max].map((value) => (value === null ? '-' : value.toFixed(value < 10 ? 2 : 1))).join(' / ');

const columns: [string, (run: Run) => string | number][] = [
  ['engine', ({ engine }) => engine],
  ['sessions', ({ sessions }) => sessions],
  ['CPU %\n/session', ({ cpuPercentPerSession }) => cpuPercentPerSession.toFixed(2)],
  ['CPU %', ({ cpuPercent }) => cpuPercent.toFixed(1)],
  ['RSS\nMB', ({ rssMb }) => rssMb],
  ['threads', ({ threads }) => threads],
  ['packets\n/s', ({ packetsPerSecond }) => packetsPerSecond],
  ['lost', (run) => lost(run)],
  ['frame complete, added ms\np50 / p95 / p99 / max', ({ addedLatencyMs }) => latency(addedLatencyMs)],
  ['audio, added ms\np50 / p95 / p99 / max', ({ addedAudioLatencyMs }) => latency(addedAudioLatencyMs)],
  ['noise ms\np50 / p95 / p99 / max', ({ controlMs }) => latency(controlMs)],
  ['CPU %\nservers', ({ cpu }) => cpu.servers.toFixed(0)],
  ['CPU %\nsource+probe', ({ cpu }) => (cpu.source + cpu.probe).toFixed(0)],
  ['CPU %\nothers', ({ cpu }) => cpu.others.toFixed(0)],
  ['idle\n%', ({ idlePercent }) => idlePercent.toFixed(0)],
];

/** The runs as a table for people. */
export function table(runs: readonly Run[]): string {
  const output = new Table({ head: columns.map(([name]) => name), style: { head: [], border: [] } });
  for (const run of runs) output.push(columns.map(([, value]) => value(run)));
  return output.toString();
}

export function heading(seconds: number): string {
  return [
    `Relays of one 720p30 source of about 2 Mbit/s, windows of ${seconds} s. CPU is % of one core, of the processes that relay.`,
    'Lost: packets that never came to the watched stages, whose viewers ask for missing ones as browsers do. Added: arrival on a stage minus arrival at a direct subscriber of the source; noise: between two of those.',
    describeMachine(),
  ].join('\n');
}

function lost({ packetsLost, packetsLostAtSource, watchedStages }: Run): string {
  return packetsLostAtSource > 0
    ? `${packetsLost} (${packetsLostAtSource * watchedStages} of them at the source)`
    : String(packetsLost);
}
