import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import type { Stack } from '../scripts/stack/stack.ts';
import { follow, now, request } from './bench-client.ts';
import { describeMachine, startBenchStack } from './bench-servers.ts';

const help = `Usage: pnpm bench pool [--sessions 20] [--provider heygen] [--vendor-start 3000] [--json]

Opens sessions one after the other, in turn one for which a vendor session is kept ready and one that wants another voice
rate, and measures from the moment the request is sent until the event session.live is there: then viewers see the avatar.
  --vendor-start  ms that the simulated vendor takes to bring an avatar up
`;

/** ms */
const goal = { p50: 700 };
/** ms that the pool is given to be full again. */
const refillMs = 30_000;

/** ms since the request was sent. */
type Start = { answered: number; leased: number; opened: number; live: number };

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      sessions: { type: 'string', default: '20' },
      provider: { type: 'string', default: 'heygen' },
      'vendor-start': { type: 'string', default: '3000' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const { provider, 'vendor-start': vendorStart } = values;
  const stack = await startBenchStack(
    { BRIDGE_PROVIDERS: provider, BRIDGE_WARM_POOL: 'default=1' },
    { SIMULATOR_START_DELAY: vendorStart },
  );
  try {
    const starts = await measure(stack, Number(values.sessions));
    process.stdout.write(
      `\n${values.sessions} sessions each of ${provider}, the vendor's start taking ${vendorStart} ms\n${describeMachine()}\n${tableOf(starts)}\n`,
    );
    const { p50, p95 } = spread(starts.pool.map(({ live }) => live));
    const without = spread(starts.alone.map(({ live }) => live));
    if (values.json)
      process.stdout.write(`${JSON.stringify({ postToLiveMs: { pool: { p50, p95 }, without } })}\n`);
  } finally {
    await stack.stop();
  }
}

type Starts = { pool: Start[]; alone: Start[] };

async function measure(stack: Stack, count: number): Promise<Starts> {
  const starts: Starts = { pool: [], alone: [] };
  // The first one of each warms up code that is run once only.
  for (let index = -1; index < count; index++) {
    await poolIsReady(stack);
    const pool = await startSession(stack, {});
    const alone = await startSession(stack, { voice: { rate: 1 } });
    if (index < 0) continue;
    starts.pool.push(pool);
    starts.alone.push(alone);
    if (process.stderr.isTTY) process.stderr.write(`\r${index + 1} of ${count}`);
  }
  return starts;
}

async function startSession({ gateway, chatbotKey }: Stack, avatar: object): Promise<Start> {
  const agent = new Agent({ keepAlive: true });
  const sessions = `${gateway.url}/v1/sessions`;
  await request(agent, chatbotKey, 'GET', `${sessions}?limit=1`);
  const sentAt = now();
  const { id } = (await request(agent, chatbotKey, 'POST', sessions, { avatar })) as { id: string };
  const answered = now() - sentAt;
  const events = follow(`${sessions}/${id}`, chatbotKey);
  const at: Record<string, number> = {};
  await events.until(({ type }) => type === 'session.live');
  const live = now() - sentAt;
  for (const event of events.seen()) at[event.type] ??= event.at - sentAt;
  events.close();
  await request(agent, chatbotKey, 'DELETE', `${sessions}/${id}`);
  agent.destroy();
  return { answered, leased: at['session.starting'] ?? 0, opened: at['vendor.opened'] ?? 0, live };
}

/** By the worker's own word: one is ready, and it is not one that a session has taken just now. */
async function poolIsReady({ workers, simulator }: Stack): Promise<void> {
  const url = workers[0]?.url;
  for (const until = now() + refillMs; now() < until; await sleep(100)) {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const { sessions } = (await (await fetch(`${simulator?.url}/admin/sessions`)).json()) as {
      sessions: { state: string }[];
    };
    const open = sessions.filter(({ state }) => state !== 'closed');
    const ready = metrics.includes('avatar_bridge_pool_sessions{state="ready"} 1');
    if (ready && open.length === 1 && open[0]?.state === 'connected') return;
  }
  throw new Error('The warm pool did not fill');
}

function spread(values: readonly number[]): { p50: number; p95: number; max: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN);
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}

function tableOf({ pool, alone }: Starts): string {
  const table = new Table({
    head: ['ms, POST sent -> …', 'pool p50', 'p95', 'max', 'without p50', 'p95', 'max', 'goal'],
    style: { head: [], border: [] },
  });
  const rows: [string, keyof Start][] = [
    ['201 received', 'answered'],
    ['a worker has it', 'leased'],
    ['vendor session there', 'opened'],
    ['live', 'live'],
  ];
  for (const [name, part] of rows) {
    const [with_, without] = [pool, alone].map((starts) => spread(starts.map((start) => start[part])));
    const numbers = [with_, without].flatMap((one) => [one?.p50, one?.p95, one?.max]);
    table.push([name, ...numbers, part === 'live' ? `pool p50 <= ${goal.p50}` : '']);
  }
  return table.toString();
}
