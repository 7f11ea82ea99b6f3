import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openSessionStore } from '@avatar-bridge/session-store';
import autocannon from 'autocannon';
import { redisServer } from '../../../scripts/install/redis.ts';
import { startRedis } from '../../../scripts/servers/redis.ts';
import { startApp, type AppProcess } from '../../../scripts/stack/app-process.ts';
import { benchListeners, type ListenersResult } from './listeners-bench.ts';

const help = `Messages accepted per second by one gateway process, beside a bare Hono route with the same key check and schema;
and how fast events reach many listeners. Redis is real, with AOF everysec.

  --seconds N      each load lasts this long (8)
  --connections N  connections that post (64)
  --listeners N    listeners of one session, half SSE, half WebSocket (400)
  --json           prints the result as one line of JSON, last
`;

type Load = {
  messagesPerSecond: number;
  cpuMicrosecondsPerMessage: number;
  latencyMs: { p50: number; p99: number; max: number };
  failed: number;
};
export type GatewayBench = {
  messagesPerSecond: { bridge: number; bareRoute: number };
  ratio: number;
  cpuMicrosecondsPerMessage: { bridge: number; bareRoute: number };
  latencyMs: Load['latencyMs'];
  failed: number;
  listeners: ListenersResult;
};

const sessions = 20;
const key = `chatbot_${randomBytes(24).toString('base64url')}`;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '8' },
      connections: { type: 'string', default: '64' },
      listeners: { type: 'string', default: '400' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const load = { seconds: Number(values.seconds), connections: Number(values.connections) };
  const result = await measure(load, Number(values.listeners));
  process.stdout.write(`${describe(result)}\n`);
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
}

async function measure(
  load: { seconds: number; connections: number },
  listeners: number,
): Promise<GatewayBench> {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-bench-'));
  const redis = await startRedis({ binary: await redisServer(), directory });
  const env = {
    PORT: '0',
    REDIS_URL: redis.url,
    // Nobody watches here.
    LIVEKIT_URL: 'ws://127.0.0.1:7880',
    LIVEKIT_API_KEY: 'bench',
    LIVEKIT_API_SECRET: randomBytes(32).toString('hex'),
    BRIDGE_CHATBOT_KEYS: key,
    BRIDGE_MAILBOX_LIMIT: '100000',
  };
  const store = await openSessionStore({ redisUrl: redis.url });
  const started: AppProcess[] = [];
  const start = async (name: string, main: string): Promise<AppProcess> => {
    const app = await startApp({ name, main: `apps/gateway/${main}`, env });
    started.push(app);
    return app;
  };
  try {
    const gateway = await start('gateway', 'src/main.ts');
    const bare = await start('bare route', 'perf/bare-route.ts');
    const ids = await Promise.all(Array.from({ length: sessions }, () => createSession(gateway.url)));
    for (const app of [bare, gateway]) await post(app, ids, { ...load, seconds: 2 });
    // One after the other, twice: what else the machine does hits both.
    const rounds: { bareRoute: Load; bridge: Load }[] = [];
    for (let i = 0; i < 2; i++)
      rounds.push({ bareRoute: await post(bare, ids, load), bridge: await post(gateway, ids, load) });
    const of = (which: 'bareRoute' | 'bridge', number: (one: Load) => number): number =>
      rounds.reduce((sum, round) => sum + number(round[which]), 0) / rounds.length;
    const perSecond = {
      bridge: of('bridge', (one) => one.messagesPerSecond),
      bareRoute: of('bareRoute', (one) => one.messagesPerSecond),
    };
    const cpu = {
      bridge: of('bridge', (one) => one.cpuMicrosecondsPerMessage),
      bareRoute: of('bareRoute', (one) => one.cpuMicrosecondsPerMessage),
    };
    return {
      messagesPerSecond: { bridge: Math.round(perSecond.bridge), bareRoute: Math.round(perSecond.bareRoute) },
      ratio: round(perSecond.bridge / perSecond.bareRoute),
      cpuMicrosecondsPerMessage: { bridge: Math.round(cpu.bridge), bareRoute: Math.round(cpu.bareRoute) },
      latencyMs: rounds.at(-1)?.bridge.latencyMs ?? { p50: 0, p99: 0, max: 0 },
      failed: rounds.reduce((sum, one) => sum + one.bridge.failed + one.bareRoute.failed, 0),
      listeners: await benchListeners({
        url: gateway.url,
        key,
        store,
        count: listeners,
        cpu: () => cpuOf(gateway),
      }),
    };
  } finally {
    await store.close();
    await Promise.all(started.map((app) => app.stop()));
    await redis.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function createSession(url: string): Promise<string> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const response = await fetch(`${url}/v1/sessions`, { method: 'POST', headers, body: '{}' });
  return ((await response.json()) as { id: string }).id;
}

async function post(
  app: AppProcess,
  ids: string[],
  { seconds, connections }: { seconds: number; connections: number },
): Promise<Load> {
  const before = cpuOf(app);
  const result = await autocannon({
    url: app.url,
    connections,
    duration: seconds,
    requests: ids.map((id) => ({
      method: 'POST',
      path: `/v1/sessions/${id}/messages`,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        text: 'Our opening hours are nine to five, Monday to Friday. Is there anything else I can help you with?',
      }),
    })),
  });
  const accepted = result['2xx'];
  return {
    messagesPerSecond: accepted / result.duration,
    cpuMicrosecondsPerMessage: ((cpuOf(app) - before) * 1000) / accepted,
    latencyMs: { p50: result.latency.p50, p99: result.latency.p99, max: result.latency.max },
    failed: result.non2xx + result.errors,
  };
}

/** ms of processor time that a process has used. Linux says so; elsewhere it is not known. */
function cpuOf({ process: { pid } }: AppProcess): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Number.NaN;
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function describe({
  messagesPerSecond,
  ratio,
  cpuMicrosecondsPerMessage: cpu,
  latencyMs,
  failed,
  listeners,
}: GatewayBench): string {
  return [
    `messages accepted per second  ${messagesPerSecond.bridge}   bare route ${messagesPerSecond.bareRoute}   ratio ${ratio}   refused or failed ${failed}`,
    `processor time per message    ${cpu.bridge} µs   bare route ${cpu.bareRoute} µs`,
    `latency under that load       p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms, max ${latencyMs.max} ms`,
    `${listeners.count} listeners               ${listeners.eventsPerSecond} events/s delivered, p50 ${listeners.latencyMs.p50} ms, p99 ${listeners.latencyMs.p99} ms, ${listeners.cpuMicrosecondsPerEvent} µs each, missed ${listeners.missed}`,
  ].join('\n');
}

if (import.meta.main) await run(process.argv.slice(2));
