import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { RedisServer } from '../../../scripts/servers/redis.ts';
import { now } from './now.ts';
import { type OwnServer, ownRedis } from './own-server.ts';

const slots = 16_384;
/** ms until a silent node counts as gone, and with it all slots: none has a replica. */
const nodeTimeoutMs = 1_000;
const formingMs = 30_000;

/** A Redis Cluster without replicas, whose nodes may be killed and started again. */
export class RedisCluster implements AsyncDisposable {
  static async start(size: number): Promise<RedisCluster> {
    const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', String(nodeTimeoutMs)];
    const cluster = new RedisCluster(await Promise.all(Array.from({ length: size }, () => ownRedis(args))));
    try {
      await cluster.#form();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  readonly nodes: readonly OwnServer<RedisServer>[];

  private constructor(nodes: OwnServer<RedisServer>[]) {
    this.nodes = nodes;
  }

  get url(): string {
    return `redis+cluster://${this.nodes.map(({ access }) => `127.0.0.1:${access.port}`).join(',')}`;
  }

  async #form(): Promise<void> {
    const bound = (index: number): number => Math.ceil((slots * index) / this.nodes.length);
    for (const [index, node] of this.nodes.entries()) {
      await asked(node, async (admin) => {
        await admin.cluster('ADDSLOTSRANGE', bound(index), bound(index + 1) - 1);
        for (const { access } of this.nodes) await admin.cluster('MEET', '127.0.0.1', access.port);
      });
    }
    await this.whole();
  }

  /** Until every node says that every slot is served. */
  async whole(): Promise<void> {
    const isWhole = (node: OwnServer<RedisServer>): Promise<boolean> =>
      asked(node, async (admin) => (await admin.cluster('INFO')).includes('cluster_state:ok'));
    for (const until = now() + formingMs; now() < until; await sleep(50))
      if ((await Promise.all(this.nodes.map(isWhole))).every(Boolean)) return;
    throw new Error('The Cluster did not become whole');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}

async function asked<T>({ access }: OwnServer<RedisServer>, ask: (admin: Redis) => Promise<T>): Promise<T> {
  const admin = new Redis(access.url);
  admin.on('error', () => {});
  try {
    return await ask(admin);
  } finally {
    admin.disconnect();
  }
}
