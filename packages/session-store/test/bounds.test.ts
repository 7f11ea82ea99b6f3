import { MessageRequest } from '@avatar-bridge/contracts';
import type { StreamedEvent } from '@avatar-bridge/contracts';
import { Redis } from 'ioredis';
import { expect, inject, onTestFinished, test } from 'vitest';
import { UnknownMessageError } from '../src/index.ts';
import type { SessionStore } from '../src/index.ts';
import { createSession, openStore, ownedSession, post, take, types } from './support.ts';

function admin(): Redis {
  const redis = new Redis(inject('redisUrl'));
  onTestFinished(() => redis.disconnect());
  return redis;
}

const key = (store: SessionStore, id: string, name: string) => `ab:${store.account}:{${id}}:${name}`;
const big = (n: number) => ({
  type: 'vendor.event' as const,
  source: 'room' as const,
  name: `${n}`,
  payload: 'x'.repeat(2_000),
});

test('the event log holds no more bytes than it may, and says what it has forgotten', async () => {
  const store = await openStore({ retention: { eventBytes: 100_000 } });
  const owner = await ownedSession(store);
  const [first] = await owner.append(big(0));
  for (let n = 1; n < 400; n += 1) await owner.append(big(n));
  const kept = await store.readEvents(owner.id);
  expect(JSON.stringify(kept).length).toBeLessThan(130_000);
  expect(kept.at(-1)).toMatchObject({ name: '399' });
  expect(await admin().memory('USAGE', key(store, owner.id, 'events'))).toBeLessThan(200_000);
  const [reset] = await take(store.events(owner.id, { after: first as string }), 1);
  expect(reset).toMatchObject({ type: 'reset' });
});

test('a listener who has seen the newest of what was forgotten, or all there is, is not told to start again', async () => {
  const store = await openStore({ retention: { events: 100 } });
  const owner = await ownedSession(store);
  const ids: string[] = [];
  while (ids.length < 450) ids.push(...(await owner.append(big(ids.length))));
  const [oldest] = await store.readEvents(owner.id, { limit: 1 });
  const before = ids[ids.indexOf(oldest?.id as string) - 1] as string;
  const [next] = await take(store.events(owner.id, { after: before }), 1);
  expect(next).toEqual(oldest);
  const [reset] = await take(store.events(owner.id, { after: ids[ids.indexOf(before) - 1] as string }), 1);
  expect(types([reset as StreamedEvent])).toEqual(['reset']);
});

test('an event that is bigger than the whole log may be is there until the next one comes', async () => {
  const store = await openStore({ retention: { eventBytes: 100 } });
  const owner = await ownedSession(store);
  for (let n = 0; n < 5; n += 1) await owner.append(big(n));
  expect(await store.readEvents(owner.id)).toMatchObject([{ name: '4' }]);
});

test('finished messages hold no more bytes than they may: the oldest go, whatever became of them', async () => {
  const store = await openStore({ retention: { messageBytes: 20_000 } });
  const owner = await ownedSession(store);
  const states = ['spoken', 'interrupted', 'failed'] as const;
  const ids: string[] = [];
  for (let n = 0; n < 30; n += 1) {
    const { id } = await post(store, owner.id, 'y'.repeat(2_000));
    await owner.updateMessage(id, { state: states[n % 3] });
    ids.push(id);
  }
  const kept = (await store.listMessages(owner.id)).map(({ id }) => id);
  expect(kept).toEqual(ids.slice(-kept.length));
  expect(kept.length).toBeGreaterThan(5);
  expect(kept.length).toBeLessThan(10);
  await expect(store.getMessage(owner.id, ids[0] as string)).rejects.toThrow(UnknownMessageError);
  expect(await admin().hlen(key(store, owner.id, 'messages'))).toBe(2 * kept.length);
});

test('a finished message is shown as it was, in a part of the memory', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  const { id } = await post(store, owner.id, 'Ünïcode / "quoted" \n two lines.');
  for (const index of [0, 1]) {
    await owner.recordUtterance(id, { index, state: 'submitting' });
    await owner.recordUtterance(id, { index, state: 'submitted', taskId: `task "${index}"` });
  }
  await owner.updateMessage(id, { submittedAt: 5, waitedMs: 7 });
  const before = await store.getMessage(owner.id, id);
  await owner.updateMessage(id, { state: 'failed', reason: 'no reason', finishedAt: 9 });
  expect(await store.getMessage(owner.id, id)).toEqual({
    ...before,
    state: 'failed',
    reason: 'no reason',
    finishedAt: 9,
  });
  expect(before.taskIds).toEqual(['task "0"', 'task "1"']);
  expect(await owner.updateMessage(id, { state: 'spoken' })).toBe(false);
  expect(await owner.recordUtterance(id, { index: 2, state: 'submitting' })).toBe(false);
});

test('posting and cancelling behind an unfinished message fills nothing', async () => {
  const redis = admin();
  const store = await openStore({ retention: { messageBytes: 50_000, eventBytes: 50_000 } });
  const id = await createSession(store);
  await post(store, id, 'waits for a worker');
  for (let n = 0; n < 400; n += 1) {
    const { id: messageId } = await post(store, id, 'z'.repeat(1_000));
    await store.cancelMessage(id, messageId);
    if (n % 2) await store.interrupt(id);
  }
  expect(await redis.xlen(key(store, id, 'mailbox'))).toBeLessThan(60);
  const names = ['mailbox', 'messages', 'events', 'dropped', 'interrupts', 'idempotency'];
  const sizes = await Promise.all(names.map((name) => redis.memory('USAGE', key(store, id, name))));
  expect(sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)).toBeLessThan(300_000);
  // What counts is still there, and the interrupt that reaches furthest with it.
  const owner = await store.claim(id, { epoch: 1, worker: 'w' });
  const commands = owner.commands()[Symbol.asyncIterator]();
  expect((await commands.next()).value).toMatchObject({ type: 'message', text: 'waits for a worker' });
  expect((await commands.next()).value).toMatchObject({ type: 'interrupt' });
});

test('a keyed message that is forgotten with the others may be posted again', async () => {
  const store = await openStore({ retention: { messageBytes: 3_000 } });
  const owner = await ownedSession(store);
  const request = MessageRequest.parse({ text: 'k'.repeat(2_000) });
  const { message } = await store.postMessage(owner.id, request, { idempotencyKey: 'k' });
  await owner.updateMessage(message.id, { state: 'spoken' });
  expect((await store.postMessage(owner.id, request, { idempotencyKey: 'k' })).replayed).toBe(true);
  await owner.updateMessage((await post(store, owner.id, 'l'.repeat(2_000))).id, { state: 'spoken' });
  expect((await store.postMessage(owner.id, request, { idempotencyKey: 'k' })).replayed).toBe(false);
});
