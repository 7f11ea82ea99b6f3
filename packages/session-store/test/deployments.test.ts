import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { freePort } from '../../../scripts/servers/free-port.ts';
import { RedisServer } from './redis-server.ts';
import { aborted, createSession, eventually, leases, openStore, post } from './support.ts';

async function sentinel(primary: RedisServer): Promise<number> {
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), 'sentinel-'));
  const config = join(directory, 'sentinel.conf');
  await writeFile(
    config,
    `port ${port}
bind 127.0.0.1
sentinel monitor main 127.0.0.1 ${primary.port} 1
sentinel down-after-milliseconds main 500
sentinel failover-timeout main 3000
`,
  );
  const child = spawn(inject('programs').redisServer, [config, '--sentinel'], { stdio: 'ignore' });
  const exit = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exit;
    await rm(directory, { recursive: true });
  });
  return port;
}

test('Sentinels make a replica the primary: the store follows, and a lease outlives it', async () => {
  const primary = await RedisServer.start();
  const replica = await RedisServer.start(['--replicaof', '127.0.0.1', String(primary.port)]);
  const port = await sentinel(primary);
  const client = replica.client();
  onTestFinished(() => client.disconnect());
  const store = await openStore({ redisUrl: `redis+sentinel://127.0.0.1:${port}/main` });
  const id = await eventually(() => createSession(store).catch(() => undefined));
  const log: number[] = [];
  leases(store, {
    worker: 'w',
    capacity: 1,
    async run({ epoch }, signal) {
      log.push(epoch);
      throw await aborted(signal);
    },
  });
  await eventually(() => log.length === 1);
  const asked = RedisServer.clientOf(port);
  onTestFinished(() => asked.disconnect());
  // The Sentinel must know the replica, and the replica must have everything, before it can take over.
  await eventually(
    async () => ((await asked.call('SENTINEL', 'REPLICAS', 'main')) as unknown[]).length === 1,
    20_000,
  );
  await eventually(async () => (await client.info('replication')).includes('master_link_status:up'));
  const message = await post(store, id, 'before');
  const messages = `ab:${store.account}:{${id}}:messages`;
  await eventually(async () => (await client.hexists(messages, `${message.id}:seq`)) === 1);
  await primary.kill();
  await eventually(() => post(store, id, 'after').catch(() => undefined), 20_000);
  expect(await store.getMessage(id, message.id)).toMatchObject({ text: 'before' });
  await eventually(() => store.queue.getJobState(id).then((state) => state === 'active'));
  expect(log).toEqual([1]);
}, 60_000);

test('says once what the settings of Redis cost', async () => {
  const redis = await RedisServer.start(['--appendonly', 'no', '--maxmemory-policy', 'allkeys-lru']);
  const said: string[] = [];
  const keep = (_: object, text?: string) => said.push(text ?? '');
  const logger = { debug: keep, info: keep, warn: keep, error: keep };
  await openStore({ redisUrl: redis.url, logger });
  await eventually(() => said.length === 2);
  expect(said[0]).toContain('noeviction');
  expect(said[1]).toContain('appendonly');
});

test('says nothing of settings that are right', async () => {
  const redis = await RedisServer.start();
  const said: string[] = [];
  const keep = (_: object, text?: string) => said.push(text ?? '');
  const store = await openStore({
    redisUrl: redis.url,
    logger: { debug: keep, info: keep, warn: keep, error: keep },
  });
  await createSession(store);
  expect(said).toEqual([]);
});
