import { SessionRequest } from '@avatar-bridge/contracts';
import type { StreamedEvent } from '@avatar-bridge/contracts';
import { expect, test } from 'vitest';
import { openRedis } from '../src/connection.ts';
import type { SessionStore } from '../src/index.ts';
import { RedisServer } from './redis-server.ts';
import { collect, createSession, eventually, leases, openStore, post, types } from './support.ts';

/** Runs a session from its creation to its end through every script. */
async function wholeLife(store: SessionStore): Promise<string[]> {
  const { session } = await store.createSession(SessionRequest.parse({}), { idempotencyKey: 'k' });
  const following = collect(store.events(session.id));
  leases(store, {
    worker: 'w',
    capacity: 2,
    async run({ sessionId, epoch }, signal) {
      const owner = await store.claim(sessionId, { epoch, worker: 'w' });
      await owner.setState({ type: 'session.live', room: owner.record.room });
      await owner.setProviders({ provider: 'heygen', providers: [{ name: 'heygen' }] });
      await owner.openVendorSession({ provider: 'heygen', id: 'v', openedAt: 1 });
      await owner.append({ type: 'user.started' }, { type: 'user.stopped' });
      for await (const command of owner.commands({ signal })) {
        if (command.type === 'interrupt') await owner.advance(command.entryId);
        if (command.type === 'message') {
          await owner.recordUtterance(command.id, { index: 0, state: 'submitted', taskId: 't' });
          await owner.updateMessage(
            command.id,
            { state: 'spoken' },
            { type: 'message.spoken', messageId: command.id, seq: command.seq },
          );
        }
        if (command.type !== 'stop') continue;
        await owner.reserveSlot();
        await owner.closeVendorSession({ provider: 'heygen', id: 'v' }, 'stop');
        await owner.end({ outcome: 'stopped', code: 'stopped', message: command.reason });
        return 'ended';
      }
      return 'released';
    },
  });
  await eventually(async () => (await store.getSession(session.id)).state === 'live');
  const message = await post(store, session.id, 'hello');
  await store.cancelMessage(session.id, message.id);
  await store.interrupt(session.id, {}, { idempotencyKey: 'enough' });
  await eventually(async () => (await store.getSession(session.id)).pending === 0);
  await store.stopSession(session.id, 'enough');
  await store.stopSession(await createSession(store), 'never leased');
  const events = await following;
  await store.reconcile();
  await store.offerProviders('w', { offered: [], order: [] }, 1_000);
  expect((await store.listSessions()).sessions).toHaveLength(2);
  return types(events);
}

test('a Cluster of three nodes takes a whole life', async () => {
  const nodes = await Promise.all([1, 2, 3].map(() => RedisServer.start(['--cluster-enabled', 'yes'])));
  const admins = nodes.map((node) => node.client());
  try {
    const bounds = [0, 5_461, 10_922, 16_384] as const;
    for (const [index, admin] of admins.entries()) {
      await admin.cluster('ADDSLOTSRANGE', bounds[index] as number, (bounds[index + 1] as number) - 1);
      for (const { port } of nodes) await admin.cluster('MEET', '127.0.0.1', port);
    }
    for (const admin of admins)
      await eventually(async () => (await admin.cluster('INFO')).includes('cluster_state:ok'), 20_000);
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`).join(',');
    const store = await openStore({ redisUrl: `redis+cluster://${addresses}` });
    const life = await wholeLife(store);
    expect(life).toContain('session.live');
    expect(life.at(-1)).toBe('session.ended');

    // Listeners miss nothing when the subscription moves to another node.
    const id = await createSession(store);
    const seen: StreamedEvent[] = [];
    void collect(store.events(id), seen);
    await eventually(() => types(seen).includes('session.live'));
    const subscribed = async (index: number) =>
      String(await admins[index]?.client('LIST', 'TYPE', 'PUBSUB')).includes('subscriptions:');
    expect(await subscribed(0)).toBe(true);
    await admins[0]?.client('KILL', 'TYPE', 'PUBSUB');
    await post(store, id, 'meanwhile');
    await eventually(() => subscribed(1));
    await post(store, id, 'later');
    await eventually(() => types(seen).filter((type) => type === 'message.spoken').length === 2);
    expect(seen).toEqual(await store.readEvents(id));
  } finally {
    for (const admin of admins) admin.disconnect();
  }
}, 60_000);

test('no script touches keys of two slots, nor keys it was not given: a Redis in cluster mode takes them all', async () => {
  const redis = await RedisServer.start(['--cluster-enabled', 'yes']);
  const admin = redis.client();
  try {
    await admin.cluster('ADDSLOTSRANGE', 0, 16_383);
    await eventually(async () => (await admin.cluster('INFO')).includes('cluster_state:ok'));
    const life = await wholeLife(await openStore({ redisUrl: redis.url }));
    expect(life).toContain('session.live');
    expect(life.at(-1)).toBe('session.ended');
  } finally {
    admin.disconnect();
  }
});

test('whoever wants to know at once hears of a broken node and of a Cluster that is not whole, and nothing is sent twice', async () => {
  const oneNode = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'];
  const redis = await RedisServer.start([...oneNode, '--cluster-require-full-coverage', 'no']);
  const admin = redis.client();
  const client = openRedis(`redis+cluster://127.0.0.1:${redis.port}`, 'failFast', 'test');
  try {
    await admin.cluster('ADDSLOTSRANGE', 0, 16_383);
    await eventually(async () => (await admin.cluster('INFO')).includes('cluster_state:ok'));
    await eventually(async () => client.status === 'ready');
    await admin.cluster('DELSLOTS', await admin.cluster('KEYSLOT', 'nowhere'));
    const begun = performance.now();
    await expect(client.get('nowhere')).rejects.toThrow('CLUSTERDOWN');
    expect(performance.now() - begun).toBeLessThan(1_000);

    const breakIt = async () => {
      await eventually(async () => String(await admin.client('LIST')).includes('cmd=blpop'));
      await admin.client('KILL', 'TYPE', 'NORMAL');
    };
    const waiting = client.blpop('key', 4);
    await Promise.all([expect(waiting).rejects.toThrow('Connection is closed'), breakIt()]);
  } finally {
    client.disconnect();
    admin.disconnect();
  }
});
