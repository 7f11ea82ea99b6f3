import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { StreamedEvent } from '@avatar-bridge/contracts';
import { expect, inject, onTestFinished, test } from 'vitest';
import {
  aborted,
  collect,
  createSession,
  eventually,
  freshAccount,
  leases,
  openStore,
  ownedSession,
  post,
} from './support.ts';

/** A way to Redis whose connections can all be cut off without either end being told. */
async function startProxy(): Promise<{ url: string; blackHole(): void }> {
  const { hostname, port } = new URL(inject('redisUrl'));
  const pairs = new Set<[Socket, Socket]>();
  const server = createServer((inbound) => {
    const outbound = connect(Number(port), hostname);
    inbound.pipe(outbound).pipe(inbound);
    for (const socket of [inbound, outbound]) socket.on('error', () => {});
    pairs.add([inbound, outbound]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of [...pairs].flat()) socket.destroy();
  });
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    blackHole() {
      for (const [inbound, outbound] of pairs) {
        inbound.unpipe(outbound);
        outbound.unpipe(inbound);
        inbound.resume();
        outbound.resume();
      }
    },
  };
}

test('connections that die without a word are noticed and replaced: calls, listeners, owners and leases go on', async () => {
  const proxy = await startProxy();
  const account = freshAccount();
  const store = await openStore({ redisUrl: proxy.url, account });
  const direct = await openStore({ account });
  const owner = await ownedSession(store);
  const seen: StreamedEvent[] = [];
  const stop = new AbortController();
  const following = collect(store.events(owner.id, { signal: stop.signal }), seen);
  const commands = owner.commands()[Symbol.asyncIterator]();
  await eventually(() => seen.length === 1);
  const leased: string[] = [];
  leases(store, {
    worker: 'w',
    capacity: 5,
    async run({ sessionId }, signal) {
      leased.push(sessionId);
      await aborted(signal);
      return 'released';
    },
  });
  await eventually(() => leased.includes(owner.id));
  const begun = performance.now();
  proxy.blackHole();
  const message = await post(direct, owner.id, 'x');
  const waiting = await createSession(direct);
  const [command] = await Promise.all([
    commands.next(),
    eventually(() => seen.some((event) => event.type === 'message.accepted'), 20_000),
    eventually(async () => (await store.ready()).ok, 20_000),
    eventually(() => leased.includes(waiting), 28_000),
  ]);
  expect(command.value?.id).toBe(message.id);
  expect(performance.now() - begun).toBeLessThan(28_000);
  stop.abort();
  await following;
  expect(seen).toEqual(await direct.readEvents(owner.id));
}, 40_000);
