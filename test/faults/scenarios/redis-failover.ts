import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { oldRedisServer } from '../../../scripts/install/old-redis.ts';
import { now } from '../kit/now.ts';
import { ownRedis } from '../kit/own-server.ts';
import type { Scenario } from '../kit/scenario.ts';
import { Trial } from '../kit/trial.ts';

/** ms in which a managed Redis notices and promotes. */
const promotionMs = 2_000;

const failover = (summary: string, binary: () => Promise<string | undefined>): Scenario => ({
  summary,
  async run({ provider, logs, say }) {
    const program = await binary();
    const redis = await ownRedis([], program);
    const replica = await ownRedis(['--replicaof', '127.0.0.1', String(redis.access.port)], program);
    try {
      const options = { stack: { workers: 2, logs, redis }, cast: { provider, sessions: 4 }, say };
      return await Trial.run(options, async (trial) => {
        await inSync(replica.access.url);
        const from = now();
        trial.cast.redisKilledAt.push(from);
        await redis.kill();
        await sleep(promotionMs);
        await promote(replica.access.url);
        trial.stack.moveRedis(replica.access.url);
        const seam = await trial.seam(from, now());
        trial.measures.note('silence on the replica', 'ms', seam.silenceMs, { max: 2_000 });
        trial.measures.note('picture missing on the stage', 'ms', seam.videoGapMs, { max: 200 });
        trial.noteUntouched(seam);
        await sleep(5_000);
      });
    } finally {
      await replica.stop();
    }
  },
});

export const redisFailover = failover(
  'Redis dies, and its replica takes over after 2 s',
  async () => undefined,
);
export const oldRedisFailover = failover('the same on Redis 6.2', oldRedisServer);

async function inSync(url: string): Promise<void> {
  const client = new Redis(url);
  try {
    for (const until = now() + 10_000; now() < until; await sleep(100))
      if ((await client.info('replication')).includes('master_link_status:up')) return;
    throw new Error('The replica did not come into sync');
  } finally {
    client.disconnect();
  }
}

async function promote(url: string): Promise<void> {
  const client = new Redis(url);
  await client.replicaof('NO', 'ONE');
  client.disconnect();
}
