// pnpm chaos: a seeded schedule of faults against real processes and servers, and the accounts afterwards.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { describeMachine } from '../../perf/bench-servers.ts';
import { runChaos, type ChaosResult } from './chaos/run-chaos.ts';
import { faultNames, type FaultName } from './chaos/schedule.ts';
import { describeLedger } from './kit/report.ts';

const help = `Usage: pnpm chaos [--seed 1] [--minutes 10] [--provider heygen] [--sessions 4] [--only FAULT[,FAULT]] [--picture FILE] [--logs DIR] [--json]

Kills, freezes, restarts and partitions gateways, workers, relay hosts, Redis, both LiveKit servers and the simulated
vendor, steps clocks and fills Redis, as the seed says, while chatbots talk, interrupt and viewers watch. Then it lets
everything come to rest and settles the accounts: what was accepted against what the avatars said. Ends with 1 when
something was lost, doubled, swapped or left behind.
  --picture   where the picture goes: perf/results/chaos-PROVIDER-SEED.svg
  --only      only these faults: ${faultNames.join(', ')}
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '10' },
    provider: { type: 'string', default: 'heygen' },
    sessions: { type: 'string', default: '4' },
    only: { type: 'string' },
    picture: { type: 'string' },
    logs: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});
const only = values.only?.split(',') as FaultName[] | undefined;
const unknown = (only ?? []).filter((name) => !faultNames.includes(name));
if (values.help || unknown.length > 0) {
  process.stdout.write(unknown.length > 0 ? `There is no fault ${unknown.join(', ')}.\n\n${help}` : help);
  process.exit(unknown.length > 0 ? 2 : 0);
}
const minutes = Number(values.minutes);
const again = [
  `pnpm chaos --seed ${values.seed} --minutes ${values.minutes} --provider ${values.provider}`,
  ...(values.sessions === '4' ? [] : [`--sessions ${values.sessions}`]),
  ...(only ? [`--only ${only.join(',')}`] : []),
].join(' ');
if (values.logs) mkdirSync(values.logs, { recursive: true });

const tooLate = setTimeout(
  () => {
    process.stderr.write(`It did not come to its end.\n${again}\n`);
    process.exit(3);
  },
  (minutes + 6) * 60_000,
);
tooLate.unref();

const begun = performance.now();
const result = await runChaos({
  seed: Number(values.seed),
  minutes,
  sessions: Number(values.sessions),
  provider: values.provider,
  only,
  logs: values.logs,
  footer: `${again}: ${describeMachine()}`,
  say: (line) =>
    void process.stderr.write(
      `${String(Math.round((performance.now() - begun) / 1_000)).padStart(4)} s  ${line}\n`,
    ),
});
const picture = values.picture ?? join('perf/results', `chaos-${values.provider}-${values.seed}.svg`);
writeFileSync(picture, result.timeline);
process.stdout.write(
  `\n${again}\n${describeMachine()}\n${describeSeams(result)}\n${describeLedger(result)}\n`,
);
for (const line of result.ended) process.stdout.write(`  a session ended by itself: ${line}\n`);
process.stdout.write(`picture: ${picture}\n${result.passed ? 'PASS' : `FAIL; again with:\n  ${again}`}\n`);
const { ledger, heals } = result;
if (values.json) process.stdout.write(`${JSON.stringify({ ledger, heals })}\n`);
process.exit(result.passed ? 0 : 1);

function describeSeams({ heals }: ChaosResult): string {
  const table = new Table({
    head: ['at, s', 'fault', 'lasted, s', 'silence, s', 'no picture, s', 'no voice, s', 'vendor sessions'],
    style: { head: [], border: [], compact: true },
  });
  const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
  for (const heal of heals) {
    table.push([
      seconds(heal.atMs),
      `${heal.fault} (${heal.target})`,
      seconds(heal.lastsMs),
      seconds(heal.silenceMs),
      seconds(heal.pictureGapMs),
      seconds(heal.voiceGapMs),
      heal.vendorSessionsOpened,
    ]);
  }
  return table.toString();
}
