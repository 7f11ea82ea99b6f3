import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RoomServiceClient } from 'livekit-server-sdk';
import type { LivekitServer } from '../../../scripts/servers/livekit.ts';
import type { RedisServer } from '../../../scripts/servers/redis.ts';
import { type AppProcess } from '../../../scripts/stack/app-process.ts';
import {
  type Stack,
  type StackOptions as AppStackOptions,
  startStack,
} from '../../../scripts/stack/stack.ts';
import { FrontDoor } from './front-door.ts';
import { Node } from './node.ts';
import { type OwnServer, ownLivekit, ownRedis } from './own-server.ts';
import { endWithUs, signal, signalGroup } from './process-tree.ts';
import { TcpProxy } from './tcp-proxy.ts';
import { Vendor } from './vendor.ts';
import { VendorDoor, type Submission } from './vendor-door.ts';

export type StackOptions = {
  workers?: number;
  gateways?: number;
  slots?: number;
  /** ms the vendor takes to start a session. */
  vendorStartMs?: number;
  env?: AppStackOptions['env'];
  redis?: OwnServer<RedisServer>;
  /** What gateways and workers are told instead of the Redis' own address: Sentinels, a cluster. */
  redisUrl?: string;
  /** Where the processes' logs are kept. */
  logs?: string;
};

/** All of avatar-bridge as processes, with servers of its own, to do harm to. */
export class FaultStack implements AsyncDisposable {
  static async start(options: StackOptions = {}): Promise<FaultStack> {
    const directory = mkdtempSync(join(tmpdir(), 'faults-'));
    const servers = await Promise.allSettled([
      options.redis ?? ownRedis(),
      ownLivekit('stage'),
      ownLivekit('vendor'),
    ]);
    const started = servers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const [redis, stage, vendorLivekit] = started as [
      OwnServer<RedisServer>,
      OwnServer<LivekitServer>,
      OwnServer<LivekitServer>,
    ];
    const stopServers = async (): Promise<void> => {
      await Promise.all(started.map((server) => server.stop()));
      rmSync(directory, { recursive: true, force: true });
    };
    try {
      const failed = servers.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
      const { worker, gateway, simulator } = options.env ?? {};
      const stack = await startStack({
        redisUrl: options.redisUrl ?? redis.access.url,
        stage: stage.access,
        vendorLivekit: vendorLivekit.access,
        slots: options.slots ?? 20,
        workers: 0,
        logs: options.logs,
        env: {
          simulator: {
            SIMULATOR_START_DELAY: String(options.vendorStartMs ?? 3_000),
            SIMULATOR_LOG_LEVEL: 'warn',
            ...simulator,
          },
          gateway: { BRIDGE_LOG_LEVEL: 'warn', ...gateway },
          worker: { BRIDGE_LOG_LEVEL: options.logs ? 'info' : 'warn', ...worker },
        },
      });
      const faulty = new FaultStack(options, { redis, stage, vendorLivekit, stack, directory, stopServers });
      endWithUs(() => faulty.#pids());
      await Promise.all([
        ...Array.from({ length: options.workers ?? 2 }, () => faulty.startWorker()),
        ...Array.from({ length: options.gateways ?? 1 }, () => faulty.startGateway()),
      ]);
      return faulty;
    } catch (error) {
      await stopServers();
      throw error;
    }
  }

  readonly redis: OwnServer<RedisServer>;
  readonly stage: OwnServer<LivekitServer>;
  readonly vendorLivekit: OwnServer<LivekitServer>;
  readonly vendor: Vendor;
  readonly frontDoor: FrontDoor;
  readonly workers: Node[] = [];
  readonly gateways: Node[] = [];
  /** What workers sent to the vendor, where that goes over HTTP. */
  readonly submissions: Submission[] = [];
  readonly #options: StackOptions;
  readonly #stack: Stack;
  readonly #directory: string;
  readonly #stopServers: () => Promise<void>;
  #nodes = 0;

  private constructor(
    options: StackOptions,
    parts: {
      redis: OwnServer<RedisServer>;
      stage: OwnServer<LivekitServer>;
      vendorLivekit: OwnServer<LivekitServer>;
      stack: Stack;
      directory: string;
      stopServers: () => Promise<void>;
    },
  ) {
    this.#options = options;
    this.#stack = parts.stack;
    this.#directory = parts.directory;
    this.#stopServers = parts.stopServers;
    ({ redis: this.redis, stage: this.stage, vendorLivekit: this.vendorLivekit } = parts);
    this.vendor = new Vendor(parts.stack.simulator!.url);
    this.frontDoor = new FrontDoor(
      () => this.gateways.filter(({ alive }) => alive).map(({ app }) => app.url),
      parts.stack.chatbotKey,
    );
  }

  get operatorKey(): string {
    return this.#stack.operatorKey;
  }

  /** The simulator's process. */
  get simulator(): AppProcess {
    return this.#stack.simulator!;
  }

  async startWorker(env: Record<string, string> = {}): Promise<Node> {
    const name = `worker-${++this.#nodes}`;
    const door = await VendorDoor.start(name, this.vendor.url, (sent) => this.submissions.push(sent));
    const { url } = this.stage.access;
    const toStage = await TcpProxy.start(url);
    const node = await this.#start(name, (common) =>
      this.#stack.startWorker({
        ...common,
        LIVEKIT_URL: toStage.through(url),
        LIVEKIT_PUBLIC_URL: url,
        HEYGEN_BASE_URL: door.url,
        LIVEAVATAR_BASE_URL: door.url,
        ...env,
      }),
    );
    node.ways.vendor = door.proxy;
    node.ways.stage = toStage;
    this.workers.push(node);
    return node;
  }

  async startGateway(): Promise<Node> {
    const node = await this.#start(`gateway-${++this.#nodes}`, (common) => this.#stack.startGateway(common));
    this.gateways.push(node);
    return node;
  }

  async #start(name: string, start: (env: Record<string, string>) => Promise<AppProcess>): Promise<Node> {
    const direct = this.#options.redisUrl !== undefined;
    const redis = direct ? undefined : await TcpProxy.start(this.redis.access.url);
    const clock = join(this.#directory, `${name}.clock`);
    const app = await start({
      ...(redis && { REDIS_URL: redis.through(this.redis.access.url) }),
      NODE_OPTIONS: `--import=${new URL('stepped-clock.mjs', import.meta.url).href}`,
      FAULTS_CLOCK_FILE: clock,
    });
    return new Node(name, app, { redis }, clock);
  }

  #pids(): number[] {
    const servers = [this.redis, this.stage, this.vendorLivekit, this.simulator, this.#stack.gateway];
    const nodes = [...this.workers, ...this.gateways];
    return [...servers.map(({ process }) => process.pid), ...nodes.map(({ pid }) => pid)];
  }

  /** Whatever leads to Redis leads to another one from now on. */
  moveRedis(url: string): void {
    for (const { ways } of [...this.workers, ...this.gateways]) ways.redis?.retarget(url);
  }

  /** The living worker that owns most sessions. */
  async busiestWorker(): Promise<Node> {
    const owners = await Promise.all(
      this.workers
        .filter(({ alive }) => alive)
        .map(async (node) => ({ node, sessions: await node.sessions().catch(() => 0) })),
    );
    const [busiest] = owners.toSorted((a, b) => b.sessions - a.sessions);
    if (!busiest) throw new Error('No worker is up');
    return busiest.node;
  }

  /** The rooms on the stage. */
  async rooms(): Promise<string[]> {
    const { url, apiKey, apiSecret } = this.stage.access;
    const service = new RoomServiceClient(url.replace('ws', 'http'), apiKey, apiSecret);
    return (await service.listRooms()).map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const nodes = [...this.workers, ...this.gateways];
    for (const node of nodes) node.thaw();
    for (const server of [this.redis, this.stage, this.vendorLivekit]) server.thaw();
    signal(this.simulator.process.pid, 'SIGCONT');
    await Promise.allSettled([this.#stack.stop()]);
    // Relay hosts may outlive their worker by a grace time.
    for (const node of nodes) signalGroup(node.pid, 'SIGKILL');
    await Promise.allSettled(
      nodes.flatMap(({ ways }) => [ways.redis, ways.vendor, ways.stage]).map(async (way) => way?.close()),
    );
    await this.#stopServers();
  }
}
