import { Redis } from 'ioredis';
import { now } from '../kit/now.ts';
import { signal } from '../kit/process-tree.ts';
import type { Node } from '../kit/node.ts';
import type { FaultStack } from '../kit/stack.ts';
import type { FaultName } from './schedule.ts';

export type Arena = { stack: FaultStack; redisKilledAt: number[] };
/** What was hit, and how it is put right again. */
export type Struck = { target: string; heal(): Promise<unknown> | void };
type Strike = (arena: Arena, pick: number) => Promise<Struck>;

type AnyServer = FaultStack['stage' | 'vendorLivekit' | 'redis'];

/** Of what the vendor tells, what is worth the most: when speech begins and ends. */
const speechEvents = [
  'avatar_start_talking',
  'avatar_stop_talking',
  'avatar.speak_started',
  'avatar.speak_ended',
];

/** How each fault is done. */
export const strikes: Record<FaultName, Strike> = {
  'worker-killed': ({ stack }, pick) => killed(workersOf(stack), pick),
  'worker-group-killed': ({ stack }, pick) => killed(workersOf(stack), pick, (node) => node.killGroup()),
  'worker-frozen': ({ stack }, pick) => frozenNode(stack.workers, pick),
  'worker-drained': ({ stack }, pick) => drained(workersOf(stack), pick),
  'worker-without-redis': async ({ stack }, pick) => partitioned(pickAlive(stack.workers, pick), 'redis'),
  'worker-without-vendor': async ({ stack }, pick) => partitioned(pickAlive(stack.workers, pick), 'vendor'),
  // Of its relays the signalling: media has ways of its own.
  'worker-without-stage': async ({ stack }, pick) => partitioned(pickAlive(stack.workers, pick), 'stage'),
  'worker-clock': async ({ stack }, pick) => stepped(pickAlive(stack.workers, pick), pick),
  'gateway-killed': ({ stack }, pick) => killed(gatewaysOf(stack), pick),
  'gateway-frozen': ({ stack }, pick) => frozenNode(stack.gateways, pick),
  'gateway-drained': ({ stack }, pick) => drained(gatewaysOf(stack), pick),
  'gateway-without-redis': async ({ stack }, pick) => partitioned(pickAlive(stack.gateways, pick), 'redis'),
  'gateway-clock': async ({ stack }, pick) => stepped(pickAlive(stack.gateways, pick), pick),
  'relay-host-killed': async ({ stack }, pick) => {
    const host = await pickRelayHost(stack, pick);
    if (host !== undefined) signal(host, 'SIGKILL');
    return { target: `relay host ${host ?? 'of nobody'}`, heal() {} };
  },
  'relay-host-frozen': async ({ stack }, pick) => {
    const host = await pickRelayHost(stack, pick);
    if (host !== undefined) signal(host, 'SIGSTOP');
    return {
      target: `relay host ${host ?? 'of nobody'}`,
      heal: () => void (host !== undefined && signal(host, 'SIGCONT')),
    };
  },
  'redis-killed': async ({ stack: { redis }, redisKilledAt }) => {
    redisKilledAt.push(now());
    return killedServer(redis, 'redis');
  },
  'redis-frozen': ({ stack: { redis } }) => frozen(redis, 'redis'),
  'redis-full': async ({ stack }) => {
    await limitMemory(stack, '1mb');
    return { target: 'redis', heal: () => limitMemory(stack, '0') };
  },
  'stage-killed': ({ stack: { stage } }) => killedServer(stage, 'stage'),
  'stage-frozen': ({ stack: { stage } }) => frozen(stage, 'stage'),
  'vendor-livekit-killed': ({ stack: { vendorLivekit } }) => killedServer(vendorLivekit, "vendor's LiveKit"),
  'vendor-livekit-frozen': ({ stack: { vendorLivekit } }) => frozen(vendorLivekit, "vendor's LiveKit"),
  'vendor-session-dropped': async ({ stack: { vendor } }, pick) => {
    const open = await vendor.open();
    const sessionId = open[pick % Math.max(1, open.length)]?.sessionId;
    if (sessionId) await vendor.fault({ kind: 'drop-session', sessionId });
    return { target: 'one vendor session', heal() {} };
  },
  'vendor-sessions-dropped': async ({ stack: { vendor } }) => {
    await vendor.fault({ kind: 'drop-session' });
    return { target: 'all vendor sessions', heal() {} };
  },
  'vendor-media-stalled': (arena) => faulted(arena, { kind: 'stall-media' }),
  'vendor-refusing': (arena) => faulted(arena, { kind: 'refuse', path: '*', status: 503, times: 'always' }),
  'vendor-slow': (arena) => faulted(arena, { kind: 'delay', path: '*', ms: 1_500, times: 'always' }),
  'vendor-hanging': (arena) => faulted(arena, { kind: 'hang', path: '*', times: 3 }),
  'vendor-answers-cut': (arena) => faulted(arena, { kind: 'cut', path: '*', phase: 'after', times: 2 }),
  'vendor-events-lost': (arena) => faulted(arena, { kind: 'lose-events', events: speechEvents, times: 3 }),
  'vendor-frozen': async ({ stack: { simulator } }) => {
    signal(simulator.process.pid, 'SIGSTOP');
    return { target: 'vendor', heal: () => void signal(simulator.process.pid, 'SIGCONT') };
  },
};

function pickAlive(nodes: Node[], pick: number): Node {
  const alive = nodes.filter((node) => node.alive);
  const node = alive[pick % Math.max(1, alive.length)];
  if (!node) throw new Error('Nobody is left to be hit');
  return node;
}

async function pickRelayHost(stack: FaultStack, pick: number): Promise<number | undefined> {
  const workers = stack.workers.filter(({ alive }) => alive);
  const hosts = (await Promise.all(workers.map((node) => node.relayHosts()))).flat();
  return hosts[pick % Math.max(1, hosts.length)];
}

/** Processes of one kind, and how another one is started. */
type Nodes = { nodes: Node[]; start: () => Promise<Node> };

function workersOf(stack: FaultStack): Nodes {
  return { nodes: stack.workers, start: () => stack.startWorker() };
}

function gatewaysOf(stack: FaultStack): Nodes {
  return { nodes: stack.gateways, start: () => stack.startGateway() };
}

async function killed(
  { nodes, start }: Nodes,
  pick: number,
  kill = (node: Node) => node.kill(),
): Promise<Struck> {
  const node = pickAlive(nodes, pick);
  await kill(node);
  return { target: node.name, heal: start };
}

async function drained({ nodes, start }: Nodes, pick: number): Promise<Struck> {
  const node = pickAlive(nodes, pick);
  await start();
  const left = node.drain();
  return { target: node.name, heal: () => left };
}

async function killedServer(server: AnyServer, target: string): Promise<Struck> {
  await server.kill();
  return { target, heal: () => server.restart() };
}

async function frozen(one: Pick<AnyServer, 'freeze' | 'thaw'>, target: string): Promise<Struck> {
  one.freeze();
  return { target, heal: () => one.thaw() };
}

async function frozenNode(nodes: Node[], pick: number): Promise<Struck> {
  const node = pickAlive(nodes, pick);
  return frozen(node, node.name);
}

function partitioned(node: Node, from: 'redis' | 'vendor' | 'stage'): Struck {
  node.ways[from]?.swallow();
  return { target: `${node.name} from ${from}`, heal: () => node.ways[from]?.heal() };
}

/** Up to half a minute forwards or backwards. */
function stepped(node: Node, pick: number): Struck {
  const offsetMs = (pick % 60_001) - 30_000;
  node.stepClock(offsetMs);
  return { target: `${node.name} by ${Math.round(offsetMs / 1_000)} s`, heal: () => node.stepClock(0) };
}

async function faulted({ stack: { vendor } }: Arena, fault: object): Promise<Struck> {
  await vendor.fault(fault);
  return { target: 'vendor', heal: () => vendor.clearFaults() };
}

/** Full: reads go on, and whatever would take more memory is refused. */
async function limitMemory(stack: FaultStack, maxmemory: string): Promise<void> {
  const client = new Redis(stack.redis.access.url, { maxRetriesPerRequest: 3 });
  client.on('error', () => {});
  try {
    await client.config('SET', 'maxmemory', maxmemory);
  } finally {
    client.disconnect();
  }
}
