import { setTimeout as delay } from 'node:timers/promises';
import type { Carrier, Counts } from './carriers.ts';
import { startChild } from './child.ts';
import type { Child } from './child.ts';
import { sampleMachine, sampleProcesses, sampleThreads } from './processes.ts';
import type { MachineSample, ProcessSample } from './processes.ts';
import type { ProbeRequest, Seen } from './probe.ts';
import type { Quantiles } from './quantiles.ts';
import type { Rooms } from './rooms.ts';
import { udpDrops } from './sockets.ts';

/** CPU is % of one core, over the window; times in ms. `carrier`: the relay hosts, or the other program. */
export type Run = {
  engine: string;
  sessions: number;
  round: number;
  seconds: number;
  sources: number;
  cpuPercentPerSession: number;
  cpuPercent: number;
  /** ms in which a thread of the carrier was ready to run and had no core, per second. */
  waitedPerSecond: number;
  rssMb: number;
  threads: number;
  fds: number;
  packetsPerSecond: number;
  /** Sequence numbers that never came on the watched stages; and what of that never came to the direct subscriber either. */
  packetsLost: number;
  /** Packets that the viewers of the watched stages had to ask the server for. */
  packetsRepairedByViewers: number;
  packetsLostAtSource: number;
  /** Frames and audio packets that the direct subscriber had and a watched stage had not. */
  unmatched: number;
  watchedStages: number;
  addedLatencyMs: Quantiles;
  addedAudioLatencyMs: Quantiles;
  /** Between two direct subscribers: the noise of the measurement. */
  controlMs: Quantiles;
  startMs: number;
  /** Starts that failed and succeeded when they were tried again. */
  startRetries: number;
  cpu: { servers: number; source: number; probe: number; others: number };
  idlePercent: number;
  /** By the kernel, because sockets were not read in time. */
  udpDrops: { carrier: number; probe: number; servers: number };
  /** The carrier's own counters over the window. */
  counts?: Counts;
  /** CPU by name of thread. */
  cpuByThread: Record<string, number>;
};

export type RunOptions = {
  rooms: Rooms;
  run: number;
  round: number;
  sessions: number;
  seconds: number;
  /** Vendor rooms, each with a source of its own, that the sessions take turns in. */
  sources: number;
  /** Stages that the probe watches at most. */
  watch: number;
  source: number;
  signal: AbortSignal;
  start(): Promise<Carrier>;
  /** Called when the window begins; what it returns, when it ends. */
  during?(carrier: Carrier): Promise<() => Promise<void>>;
};

/** Between the first packets and the window, in ms: code is compiled, bandwidth is found. */
const WARM_UP = 3_000;
const WATCH_TIMEOUT = 60_000;
const ANSWER_TIMEOUT = 30_000;

export class EngineMissingError extends Error {
  override name = 'EngineMissingError';
}

/** Starts a carrier and a probe, measures for a window, and stops both. */
export async function measure(options: RunOptions): Promise<Run> {
  const startedAt = performance.now();
  const carrier = await options.start();
  const startMs = Math.round(performance.now() - startedAt);
  const probe = startChild<ProbeRequest, Seen>('probe.ts');
  try {
    const watched = await watch(probe, options);
    await delay(WARM_UP, undefined, { signal: options.signal });
    if (carrier.name === 'transcode' && (await probe.ask({ type: 'cut' }, ANSWER_TIMEOUT)).marks > 0)
      throw new EngineMissingError(
        'The relays carried the packets as they are: this version of packages/relay has no engine `transcode`',
      );
    return await overWindow({ carrier, probe, watched, startMs }, options);
  } finally {
    await Promise.all([probe.stop(), carrier.stop()]);
  }
}

/** Lets the probe join the first source's room and some of the stages that show it, spread over all of them. Returns how many. */
export async function watch(
  probe: Child<ProbeRequest, Seen>,
  {
    rooms,
    run,
    sessions,
    sources,
    watch,
  }: Pick<RunOptions, 'rooms' | 'run' | 'sessions' | 'sources' | 'watch'>,
): Promise<number> {
  const showing = Math.ceil(sessions / sources);
  const watched = Math.min(watch, showing);
  const indices = Array.from(
    { length: watched },
    (_, index) => sources * Math.round((index * (showing - 1)) / Math.max(1, watched - 1)),
  );
  const direct = (name: string) => rooms.subscriber(rooms.vendor, rooms.vendorRoom(), `${name}-${run}`);
  const stages = indices.map((index) =>
    rooms.subscriber(rooms.stage, `${rooms.stagePrefix(run)}-${index}`, 'probe'),
  );
  const request: ProbeRequest = {
    type: 'watch',
    direct: [await direct('direct'), await direct('control')],
    stages: await Promise.all(stages),
  };
  await probe.ask(request, WATCH_TIMEOUT);
  return watched;
}

type Groups<T> = { carrier: T; servers: T; source: T; probe: T; bench: T };

type Started = { carrier: Carrier; probe: Child<ProbeRequest, Seen>; watched: number; startMs: number };

async function overWindow({ carrier, probe, watched, startMs }: Started, options: RunOptions): Promise<Run> {
  const pids: Groups<number[]> = {
    carrier: carrier.pids(),
    servers: options.rooms.pids,
    source: [options.source],
    probe: [probe.pid],
    bench: [process.pid],
  };
  const countsBefore = await carrier.counts();
  const dropsBefore = drops(pids);
  const finish = await options.during?.(carrier);
  await probe.ask({ type: 'begin' }, ANSWER_TIMEOUT);
  const before = sampleAll(pids);
  await delay(options.seconds * 1_000, undefined, { signal: options.signal });
  const after = sampleAll(pids);
  const seen = await probe.ask({ type: 'cut' }, ANSWER_TIMEOUT);
  const dropsAfter = drops(pids);
  const failure = carrier.failure();
  if (failure !== undefined) throw new Error(failure);
  const countsAfter = await carrier.counts();
  await finish?.();

  const elapsed = after.groups.carrier.at - before.groups.carrier.at;
  const percent = (group: keyof Groups<unknown>): number =>
    (100 * (after.groups[group].cpu - before.groups[group].cpu)) / elapsed;
  const machine = machinePercent(before.machine, after.machine);
  const cpu = {
    carrier: percent('carrier'),
    servers: percent('servers'),
    source: percent('source'),
    probe: percent('probe'),
  };
  const { packets, lost, repaired, lostAtSource, unmatched, frame, audio, control } = seen;
  return {
    engine: carrier.name,
    sessions: options.sessions,
    round: options.round,
    seconds: options.seconds,
    sources: options.sources,
    cpuPercentPerSession: round(cpu.carrier / options.sessions),
    cpuPercent: round(cpu.carrier),
    waitedPerSecond: round(((after.waited - before.waited) * 1_000) / elapsed),
    rssMb: Math.round(after.groups.carrier.rssMb),
    threads: after.groups.carrier.threads,
    fds: after.groups.carrier.fds,
    packetsPerSecond: Math.round((packets * 1_000 * options.sessions) / (elapsed * watched)),
    packetsLost: lost,
    packetsRepairedByViewers: repaired,
    packetsLostAtSource: lostAtSource,
    unmatched,
    watchedStages: watched,
    addedLatencyMs: frame,
    addedAudioLatencyMs: audio,
    controlMs: control,
    startMs,
    startRetries: carrier.retries,
    cpu: {
      servers: round(cpu.servers),
      source: round(cpu.source),
      probe: round(cpu.probe),
      others: round(machine.busy - cpu.carrier - cpu.servers - cpu.source - cpu.probe - percent('bench')),
    },
    idlePercent: round(machine.idle),
    udpDrops: {
      carrier: dropsAfter.carrier - dropsBefore.carrier,
      probe: dropsAfter.probe - dropsBefore.probe,
      servers: dropsAfter.servers - dropsBefore.servers,
    },
    ...(countsBefore && countsAfter ? { counts: difference(countsBefore, countsAfter) } : {}),
    cpuByThread: byThread(before, after, elapsed),
  };
}

type Sample = {
  groups: Groups<ProcessSample>;
  machine: MachineSample;
  threads: Map<number, { name: string; cpu: number }>;
  waited: number;
};

function sampleAll(pids: Groups<number[]>): Sample {
  const threads = pids.carrier.flatMap((pid) => sampleThreads(pid));
  return {
    groups: {
      carrier: sampleProcesses(pids.carrier),
      servers: sampleProcesses(pids.servers),
      source: sampleProcesses(pids.source),
      probe: sampleProcesses(pids.probe),
      bench: sampleProcesses(pids.bench),
    },
    machine: sampleMachine(),
    threads: new Map(threads.map((thread) => [thread.tid, thread])),
    waited: threads.reduce((sum, { waited }) => sum + waited, 0),
  };
}

function drops(pids: Groups<number[]>): { carrier: number; probe: number; servers: number } {
  return { carrier: udpDrops(pids.carrier), probe: udpDrops(pids.probe), servers: udpDrops(pids.servers) };
}

/** Idle: % of the whole machine. Busy: % of one core. */
function machinePercent(before: MachineSample, after: MachineSample): { idle: number; busy: number } {
  const total = after.total - before.total;
  const idle = after.idle - before.idle;
  const cores = navigator.hardwareConcurrency;
  return { idle: (100 * idle) / total, busy: (100 * cores * (total - idle)) / total };
}

function byThread(before: Sample, after: Sample, elapsed: number): Record<string, number> {
  const times = new Map<string, number>();
  for (const [tid, { name, cpu }] of after.threads)
    times.set(name, (times.get(name) ?? 0) + cpu - (before.threads.get(tid)?.cpu ?? 0));
  const shares = [...times].map(([name, time]) => [name, round((100 * time) / elapsed)] as const);
  return Object.fromEntries(shares.filter(([, share]) => share >= 0.05).toSorted((a, b) => b[1] - a[1]));
}

function difference(before: Counts, after: Counts): Counts {
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, value - before[name as keyof Counts]]),
  ) as Counts;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
