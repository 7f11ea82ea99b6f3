// pnpm faults: what a session outlives, one scenario after the other, on real processes and servers.
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describeOutcome } from './kit/report.ts';
import type { Scenario } from './kit/scenario.ts';
import { cluster } from './scenarios/cluster.ts';
import { livekitAway } from './scenarios/livekit-away.ts';
import { parked } from './scenarios/parked.ts';
import { redisFrozen, redisKilled } from './scenarios/redis-away.ts';
import { oldRedisFailover, redisFailover } from './scenarios/redis-failover.ts';
import { rollingRestart } from './scenarios/rolling-restart.ts';
import { rollover } from './scenarios/rollover.ts';
import { manyNodes, manySessions } from './scenarios/scale.ts';
import { vendorDropped } from './scenarios/vendor-dropped.ts';
import { vendorRefusing } from './scenarios/vendor-refusing.ts';
import { workerFrozen } from './scenarios/worker-frozen.ts';
import { workerGroupKilled, workerKilled, workerKilledHandingOver } from './scenarios/worker-killed.ts';

const scenarios: Record<string, Scenario> = {
  'worker-killed': workerKilled,
  'worker-killed-handing-over': workerKilledHandingOver,
  'worker-group-killed': workerGroupKilled,
  'worker-frozen': workerFrozen,
  'redis-frozen': redisFrozen,
  'redis-killed': redisKilled,
  'redis-failover': redisFailover,
  'redis-6-2-failover': oldRedisFailover,
  'vendor-dropped': vendorDropped,
  rollover,
  'rolling-restart': rollingRestart,
  'livekit-away': livekitAway,
  'vendor-refusing': vendorRefusing,
  parked,
  'many-sessions': manySessions,
  'many-nodes': manyNodes,
  cluster,
};

const list = Object.entries(scenarios).map(([name, { summary }]) => `  ${name.padEnd(28)}${summary}`);
const help = `Usage: pnpm faults [--only NAME[,NAME]] [--provider heygen] [--times N] [--seconds S] [--sessions N] [--logs DIR] [--json]

Runs scenarios on processes and servers of their own, the vendor's start taking 3 s, and says whether each stays within
its bounds. Ends with 1 when one does not.
  --times     how often the fault happens
  --seconds   how long a fault of a chosen length lasts
  --sessions  how many, in parked, many-sessions, many-nodes and cluster
  --logs      keeps the processes' logs there

${list.join('\n')}
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    provider: { type: 'string', default: 'heygen' },
    times: { type: 'string' },
    seconds: { type: 'string' },
    sessions: { type: 'string' },
    logs: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});
const chosen = values.only?.split(',') ?? Object.keys(scenarios);
const unknown = chosen.filter((name) => !(name in scenarios));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) process.stderr.write(`There is no scenario ${unknown.join(', ')}.\n\n`);
  process.stdout.write(help);
  process.exit(unknown.length > 0 ? 2 : 0);
}
if (values.logs) mkdirSync(values.logs, { recursive: true });

const number = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);
const results = [];
for (const name of chosen) {
  const begun = performance.now();
  const say = (line: string): void =>
    void process.stderr.write(`${name} ${Math.round((performance.now() - begun) / 1_000)} s: ${line}\n`);
  const options = {
    provider: values.provider,
    times: number(values.times),
    seconds: number(values.seconds),
    sessions: number(values.sessions),
    logs: values.logs,
    say,
  };
  const outcome = await scenarios[name]!.run(options).catch((error: unknown) => String(error));
  if (typeof outcome === 'string') {
    process.stdout.write(`\n${name}: FAIL, it could not be run to its end\n  ${outcome}\n`);
    results.push({ name, passed: false });
  } else {
    process.stdout.write(describeOutcome(`${name} (${values.provider})`, outcome));
    results.push({ name, ...outcome });
  }
}
if (values.json) process.stdout.write(`${JSON.stringify({ scenarios: results })}\n`);
process.exit(results.every(({ passed }) => passed) ? 0 : 1);
