import { setTimeout as delay } from 'node:timers/promises';
import Table from 'cli-table3';
import type { RelayCarrier } from './carriers.ts';
import { startChild } from './child.ts';
import { watch } from './measure.ts';
import { sampleMachine, sampleProcesses } from './processes.ts';
import type { ProbeRequest, Seen } from './probe.ts';
import { quantiles } from './quantiles.ts';
import type { Quantiles } from './quantiles.ts';
import type { Rooms } from './rooms.ts';
import { udpDrops } from './sockets.ts';

export type Minute = {
  minute: number;
  cpuPercentPerSession: number;
  rssMb: number;
  fds: number;
  sockets: number;
  threads: number;
  /** Until a host answers a question, in ms. */
  answerMs: Quantiles;
  addedLatencyMs: Quantiles;
  packetsLost: number;
  udpDrops: number;
  /** Relays that came and went in this minute, and those that could not. */
  churned: number;
  refused: number;
  idlePercent: number;
};

export type Soak = { engine: string; sessions: number; churn: number; minutes: Minute[]; errors: string[] };

export type SoakOptions = {
  rooms: Rooms;
  run: number;
  sessions: number;
  minutes: number;
  churn: number;
  sources: number;
  watch: number;
  signal: AbortSignal;
  start(): Promise<RelayCarrier>;
};

const ASK_EVERY = 200;
/** What a relay that comes and goes stays, in ms. */
const STAY = 1_000;
const TIMEOUT = 30_000;

/** Holds `sessions` relays for minutes, while others come and go, and reports every minute. */
export async function soak(options: SoakOptions): Promise<Soak> {
  const carrier = await options.start();
  const probe = startChild<ProbeRequest, Seen>('probe.ts');
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  const answers: number[] = [];
  const churn: Churn = { done: 0, refused: 0, errors: new Set() };
  try {
    await watch(probe, options);
    await delay(3_000, undefined, { signal });
    const sides = Promise.all([askOn(carrier, answers, signal), churnOn(carrier, options, churn, signal)]);
    const minutes: Minute[] = [];
    await probe.ask({ type: 'begin' }, TIMEOUT);
    for (let minute = 1; minute <= options.minutes; minute++) {
      const before = { ...churn, ...look(carrier) };
      await delay(60_000, undefined, { signal });
      const seen = await probe.ask({ type: 'cut' }, TIMEOUT);
      const after = { ...churn, ...look(carrier) };
      const { sample } = after;
      const total = after.machine.total - before.machine.total;
      const failure = carrier.failure();
      if (failure !== undefined) throw new Error(`minute ${minute}: ${failure}`);
      minutes.push({
        minute,
        cpuPercentPerSession: round(
          (100 * (sample.cpu - before.sample.cpu)) / (sample.at - before.sample.at) / options.sessions,
        ),
        rssMb: round(sample.rssMb),
        fds: sample.fds,
        sockets: sample.sockets,
        threads: sample.threads,
        answerMs: quantiles(answers.splice(0)),
        addedLatencyMs: seen.frame,
        packetsLost: seen.lost,
        udpDrops: after.drops - before.drops,
        churned: after.done - before.done,
        refused: after.refused - before.refused,
        idlePercent: round((100 * (after.machine.idle - before.machine.idle)) / total),
      });
      process.stderr.write(`${describeMinute(minutes.at(-1)!)}\n`);
    }
    over.abort();
    await sides;
    return {
      engine: carrier.name,
      sessions: options.sessions,
      churn: options.churn,
      minutes,
      errors: [...churn.errors],
    };
  } finally {
    over.abort();
    await Promise.all([probe.stop(), carrier.stop()]);
  }
}

type Churn = { done: number; refused: number; errors: Set<string> };

function look(carrier: RelayCarrier) {
  const pids = carrier.pids();
  return { sample: sampleProcesses(pids), machine: sampleMachine(), drops: udpDrops(pids) };
}

async function askOn(carrier: RelayCarrier, answers: number[], signal: AbortSignal): Promise<void> {
  for (let index = 0; !signal.aborted; index++) {
    answers.push(await carrier.answerTime(index).catch(() => TIMEOUT));
    await delay(ASK_EVERY, undefined, { signal }).catch(() => {});
  }
}

/** One after the other, spread over the time but for the last minute, in which memory can settle. */
async function churnOn(
  carrier: RelayCarrier,
  options: SoakOptions,
  churn: Churn,
  signal: AbortSignal,
): Promise<void> {
  if (options.churn === 0) return;
  const until = performance.now() + Math.max(0.5, options.minutes - 1) * 60_000;
  for (let index = 0; index < options.churn && !signal.aborted; index++) {
    const begunAt = performance.now();
    try {
      const relay = await carrier.join(options.sessions + index);
      await delay(STAY, undefined, { signal }).catch(() => {});
      await relay.close('churn');
      churn.done++;
    } catch (error) {
      churn.refused++;
      churn.errors.add(error instanceof Error ? error.message : String(error));
    }
    const pause = (until - begunAt) / (options.churn - index) - (performance.now() - begunAt);
    if (pause > 0) await delay(pause, undefined, { signal }).catch(() => {});
  }
}

const columns: [string, (minute: Minute) => string | number][] = [
  ['minute', ({ minute }) => minute],
  ['CPU %\n/session', ({ cpuPercentPerSession }) => cpuPercentPerSession],
  ['RSS\nMB', ({ rssMb }) => rssMb],
  ['fds', ({ fds }) => fds],
  ['sockets', ({ sockets }) => sockets],
  ['threads', ({ threads }) => threads],
  ['answer ms\np50 / p99 / max', ({ answerMs }) => times(answerMs)],
  ['frame, added ms\np50 / p99 / max', ({ addedLatencyMs }) => times(addedLatencyMs)],
  ['lost', ({ packetsLost }) => packetsLost],
  ['UDP\ndrops', ({ udpDrops }) => udpDrops],
  ['came and\nwent', ({ churned }) => churned],
  ['refused', ({ refused }) => refused],
  ['idle\n%', ({ idlePercent }) => idlePercent],
];

export function soakTable({ minutes }: Soak): string {
  const output = new Table({ head: columns.map(([name]) => name), style: { head: [], border: [] } });
  for (const minute of minutes) output.push(columns.map(([, value]) => value(minute)));
  return output.toString();
}

function describeMinute(minute: Minute): string {
  const { cpuPercentPerSession, rssMb, fds, sockets, answerMs, addedLatencyMs, packetsLost, churned } =
    minute;
  return `  minute ${minute.minute}: ${cpuPercentPerSession} % a session, ${rssMb} MB, ${fds} fds, ${sockets} sockets, answer ${times(answerMs)} ms, frame ${times(addedLatencyMs)} ms, lost ${packetsLost}, ${churned} came and went`;
}

const times = ({ p50, p99, max }: Quantiles): string =>
  [p50, p99, max].map((value) => value ?? '-').join(' / ');
const round = (value: number): number => Math.round(value * 100) / 100;
