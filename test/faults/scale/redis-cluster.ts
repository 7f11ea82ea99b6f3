import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisServer } from '../../../scripts/servers/redis.ts';
import { type OwnServer, ownRedis } from '../kit/own-server.ts';

const slots = 16_384;

/** Masters of a Redis Cluster on this machine, without replicas. */
export async function ownCluster(nodes: number): Promise<OwnServer<RedisServer>[]> {
  const servers = await Promise.all(
    Array.from({ length: nodes }, () =>
      ownRedis(['--cluster-enabled', 'yes', '--cluster-node-timeout', '5000']),
    ),
  );
  const clients = servers.map(({ access }) => new Redis(access.url));
  try {
    for (const [index, client] of clients.entries()) {
      const [from, to] = [index, index + 1].map((node) => Math.floor((slots * node) / nodes)) as [
        number,
        number,
      ];
      await client.cluster('ADDSLOTSRANGE', from, to - 1);
      for (const { access } of servers) await client.cluster('MEET', '127.0.0.1', access.port);
    }
    for (const client of clients)
      while (!(await client.cluster('INFO')).includes('cluster_state:ok')) await sleep(100);
    return servers;
  } catch (error) {
    await Promise.all(servers.map((server) => server.stop()));
    throw error;
  } finally {
    for (const client of clients) client.disconnect();
  }
}
