// Draws docs/relay.svg from the saved runs of `pnpm bench relay --save`: `node perf/chart.ts perf/results/relay.json`
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from './relay/measure.ts';

type Panel = {
  title: string;
  goal?: { value: number; label: string };
  decimals: number;
  value(run: Run): number;
};

const panels: Panel[] = [
  {
    title: 'CPU of the relay, % of a core per session',
    goal: { value: 0.9, label: 'goal at 30 sessions: 0.9' },
    decimals: 2,
    value: (run) => run.cpuPercentPerSession,
  },
  { title: 'memory of the relay, MB', decimals: 0, value: (run) => run.rssMb },
  {
    title: 'frame later by, ms, median',
    goal: { value: 1, label: 'goal: 1' },
    decimals: 2,
    value: (run) => run.addedLatencyMs.p50 ?? Number.NaN,
  },
  {
    title: 'frame later by, ms, 99th percentile',
    goal: { value: 5, label: 'goal: 5' },
    decimals: 1,
    value: (run) => run.addedLatencyMs.p99 ?? Number.NaN,
  },
];
const colors = ['#3f63d8', '#c07a12', '#1a9a6a', '#9b4fb0'];
const size = { width: 1180, panel: { width: 560, height: 250 }, plot: 160, margin: 30 };

const file = process.argv[2];
if (file === undefined) throw new Error('Usage: node perf/chart.ts <saved runs>');
const { runs, machine } = JSON.parse(readFileSync(file, 'utf8')) as { runs: Run[]; machine: string };
writeFileSync(join(import.meta.dirname, '../docs/relay.svg'), draw(runs, machine));

function draw(runs: Run[], machine: string): string {
  const engines = [...new Set(runs.map(({ engine }) => engine))];
  const sessions = [...new Set(runs.map((run) => run.sessions))].toSorted((a, b) => a - b);
  const height = 90 + Math.ceil(panels.length / 2) * (size.panel.height + 20) + 30;
  const legend = engines.map(
    (engine, index) =>
      `<rect x="${size.margin + index * 150}" y="52" width="14" height="14" rx="3" fill="${colors[index]}"/><text x="${size.margin + 22 + index * 150}" y="64">${engine}</text>`,
  );
  const bodies = panels.map((panel, index) => {
    const x = size.margin + (index % 2) * size.panel.width;
    const y = 90 + Math.floor(index / 2) * (size.panel.height + 20);
    return `<g transform="translate(${x} ${y})">${drawPanel(panel, { runs, engines, sessions })}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${height}" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif" font-size="14" fill="#172033">`,
    `<rect width="${size.width}" height="${height}" fill="#fff"/>`,
    `<text x="${size.margin}" y="34" font-size="18" font-weight="650">Relays of a 720p30 avatar of 2 Mbit/s: medians of several runs</text>`,
    ...legend,
    ...bodies,
    `<text x="${size.margin}" y="${height - 16}" font-size="12" fill="#5a6780">${machine}</text>`,
    '</svg>\n',
  ].join('\n');
}

function drawPanel(panel: Panel, data: { runs: Run[]; engines: string[]; sessions: number[] }): string {
  const bars = data.sessions.map((sessions) =>
    data.engines.map((engine) =>
      median(
        data.runs
          .filter((run) => run.engine === engine && run.sessions === sessions)
          .map((run) => panel.value(run)),
      ),
    ),
  );
  const top = 1.1 * Math.max(panel.goal?.value ?? 0, ...bars.flat().filter((value) => !Number.isNaN(value)));
  const y = (value: number): number => 30 + size.plot * (1 - value / top);
  const group = (size.panel.width - 60) / data.sessions.length;
  const width = Math.min(60, (group - 40) / data.engines.length);
  const parts = [`<text y="16" font-weight="650">${panel.title}</text>`];
  for (const [at, values] of bars.entries()) {
    const left = at * group + (group - width * data.engines.length) / 2;
    for (const [index, value] of values.entries()) {
      if (Number.isNaN(value)) continue;
      const x = left + index * width;
      parts.push(
        `<rect x="${x + 2}" y="${y(value).toFixed(1)}" width="${width - 4}" height="${(30 + size.plot - y(value)).toFixed(1)}" rx="3" fill="${colors[index]}"/>`,
        `<text x="${x + width / 2}" y="${(y(value) - 5).toFixed(1)}" font-size="12" text-anchor="middle">${value.toFixed(panel.decimals)}</text>`,
      );
    }
    const sessions = data.sessions[at];
    parts.push(
      `<text x="${at * group + group / 2}" y="${30 + size.plot + 20}" text-anchor="middle" fill="#5a6780">${sessions} session${sessions === 1 ? '' : 's'}</text>`,
    );
  }
  parts.push(`<path d="M0 ${30 + size.plot}H${size.panel.width - 60}" stroke="#c9d2e3"/>`);
  if (panel.goal)
    parts.push(
      `<path d="M0 ${y(panel.goal.value).toFixed(1)}H${size.panel.width - 60}" stroke="#b3261e" stroke-dasharray="5 4"/>`,
      `<text x="${size.panel.width - 62}" y="${(y(panel.goal.value) - 5).toFixed(1)}" font-size="12" text-anchor="end" fill="#b3261e">${panel.goal.label}</text>`,
    );
  return parts.join('');
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
