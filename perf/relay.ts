import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describeMachine } from './bench-servers.ts';
import { CommandCarrier, readCommand, RelayCarrier } from './relay/carriers.ts';
import type { Carrier, CarrierOptions } from './relay/carriers.ts';
import { startChild } from './relay/child.ts';
import { EngineMissingError, measure } from './relay/measure.ts';
import type { Run } from './relay/measure.ts';
import { sampleMachine } from './relay/processes.ts';
import { describeProfile, profiler } from './relay/profile.ts';
import { heading, table } from './relay/report.ts';
import { AVATAR, Rooms } from './relay/rooms.ts';
import { help, readSettings } from './relay/settings.ts';
import type { Settings } from './relay/settings.ts';
import { soak, soakTable } from './relay/soak.ts';
import type { Soak } from './relay/soak.ts';
import type { SourceAnswer, SourceRequest } from './relay/source.ts';

const SOURCE_TIMEOUT = 30_000;
/** Between two runs, for the servers to forget the rooms of the first. */
const REST = 2_000;
const QUIET_PATIENCE = 300_000;
const QUIET_LOOK = 2_000;

/** What could not be measured. */
type Failure = { engine: string; sessions: number; error: string };
type Bench = { rooms: Rooms; source: number; settings: Settings; signal: AbortSignal; failures: Failure[] };

export async function run(args: string[]): Promise<void> {
  const settings = readSettings(args);
  if (settings === undefined) {
    process.stdout.write(help);
    return;
  }
  if (process.platform !== 'linux') throw new Error('pnpm bench relay needs Linux: it reads /proc');
  const stopping = new AbortController();
  const onSignal = (): void => stopping.abort(new Error('stopped'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const rooms = await Rooms.open(settings.server);
  const source = startChild<SourceRequest, SourceAnswer>('source.ts');
  const failures: Failure[] = [];
  try {
    const tickets = Array.from({ length: settings.sources }, (_, index) =>
      rooms.publisher(rooms.vendor, rooms.vendorRoom(index), AVATAR),
    );
    const { videoBitrate } = await source.ask({ tickets: await Promise.all(tickets) }, SOURCE_TIMEOUT);
    progress(`source: ${(videoBitrate / 1e6).toFixed(2)} Mbit/s of video`);
    const bench: Bench = { rooms, source: source.pid, settings, signal: stopping.signal, failures };
    const result =
      settings.soak === undefined
        ? { runs: await measureAll(bench) }
        : { soaks: await soakAll(bench, settings.soak) };
    if (settings.save !== undefined) {
      const saved = {
        command: `pnpm bench relay ${args.join(' ')}`,
        machine: describeMachine(),
        ...result,
        failures,
      };
      writeFileSync(settings.save, `${JSON.stringify(saved, undefined, 2)}\n`);
    }
    if (settings.json) process.stdout.write(`${JSON.stringify({ ...result, failures })}\n`);
  } finally {
    await source.stop();
    await rooms.stop();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
  if (failures.length > 0) process.exitCode = 1;
  if (stopping.signal.aborted) process.exitCode = 130;
}

async function measureAll(bench: Bench): Promise<Run[]> {
  const { settings, signal } = bench;
  const runs: Run[] = [];
  const missing = new Set<string>();
  let number = 0;
  for (const sessions of settings.sessions) {
    for (let round = 1; round <= settings.rounds; round++) {
      for (const [name, start] of carriers(settings)) {
        if (missing.has(name) || signal.aborted) continue;
        try {
          await untilQuiet(settings.quiet, signal);
          progress(`${name}, ${sessions} sessions${settings.rounds > 1 ? `, round ${round}` : ''}`);
          runs.push(await measureOne(bench, { name, start, sessions, round, number: number++ }));
          progress(describe(runs.at(-1)!));
          await delay(REST, undefined, { signal });
        } catch (error) {
          if (error instanceof EngineMissingError) missing.add(name);
          else if (!signal.aborted) bench.failures.push({ engine: name, sessions, error: messageOf(error) });
          progress(signal.aborted ? '  stopped' : `  failed: ${messageOf(error)}`);
        }
      }
    }
  }
  process.stdout.write(`\n${heading(settings.seconds)}\n${table(runs)}\n`);
  for (const name of missing)
    process.stdout.write(`Engine ${name} is not available in this version and was not measured.\n`);
  for (const { engine, sessions, error } of bench.failures)
    process.stdout.write(`${engine} with ${sessions} sessions failed: ${error}\n`);
  return runs;
}

type OneRun = {
  name: string;
  start: (options: CarrierOptions) => Promise<Carrier>;
  sessions: number;
  round: number;
  number: number;
};

async function measureOne(
  { rooms, source, settings, signal }: Bench,
  { name, start, sessions, round, number }: OneRun,
): Promise<Run> {
  const profiling =
    settings.profile && (settings.engines as string[]).includes(name) ? profiler() : undefined;
  const run = await measure({
    rooms,
    source,
    run: number,
    round,
    sessions,
    signal,
    seconds: settings.seconds,
    sources: settings.sources,
    watch: settings.watch,
    start: () => start({ rooms, sessions, run: number, sources: settings.sources, signal }),
    ...(profiling ? { during: (carrier) => profiling.during(carrier) } : {}),
  });
  const profile = profiling?.result();
  if (profile) process.stdout.write(`\n${describeProfile(profile, run)}\n`);
  return run;
}

async function soakAll({ rooms, settings, signal, failures }: Bench, minutes: number): Promise<Soak[]> {
  const soaks: Soak[] = [];
  let number = 0;
  for (const engine of settings.engines) {
    for (const sessions of settings.sessions) {
      if (signal.aborted) continue;
      const run = number++;
      const { hosts, sources, watch, churn } = settings;
      progress(`${engine}, ${sessions} sessions for ${minutes} minutes, ${churn} more that come and go`);
      try {
        const start = () => RelayCarrier.start(engine, hosts, { rooms, sessions, run, sources, signal });
        const result = await soak({ rooms, run, sessions, minutes, churn, sources, watch, signal, start });
        soaks.push(result);
        const title = `${engine}, ${sessions} sessions, ${churn} that came and went`;
        process.stdout.write(`\n${title}\n${describeMachine()}\n${soakTable(result)}\n`);
        for (const error of result.errors) process.stdout.write(`A relay failed: ${error}\n`);
      } catch (error) {
        failures.push({ engine, sessions, error: messageOf(error) });
        progress(`  failed: ${messageOf(error)}`);
      }
    }
  }
  return soaks;
}

/** By name: what is measured in turns. */
function carriers({
  engines,
  hosts,
  also,
}: Settings): (readonly [string, (options: CarrierOptions) => Promise<Carrier>])[] {
  return [
    ...engines.map(
      (engine) => [engine, (options: CarrierOptions) => RelayCarrier.start(engine, hosts, options)] as const,
    ),
    ...also.map(
      (line) =>
        [readCommand(line).name, (options: CarrierOptions) => CommandCarrier.start(line, options)] as const,
    ),
  ];
}

async function untilQuiet(percent: number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + QUIET_PATIENCE;
  for (let quiet = percent <= 0; !quiet && performance.now() < deadline;) {
    const before = sampleMachine();
    await delay(QUIET_LOOK, undefined, { signal });
    const { total, idle } = sampleMachine();
    quiet = (100 * (idle - before.idle)) / (total - before.total) >= percent;
  }
}

function describe({ cpuPercentPerSession, addedLatencyMs, packetsLost, rssMb, idlePercent }: Run): string {
  return `  ${cpuPercentPerSession} % a session, ${rssMb} MB, frame p50 ${addedLatencyMs.p50 ?? '-'} p99 ${addedLatencyMs.p99 ?? '-'} ms, lost ${packetsLost}, idle ${idlePercent} %`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
