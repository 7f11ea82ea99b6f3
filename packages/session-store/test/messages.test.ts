import { Message, MessageAccepted, MessageRequest } from '@avatar-bridge/contracts';
import { expect, inject, test, vi } from 'vitest';
import { Redis } from 'ioredis';
import {
  IdempotencyMismatchError,
  MailboxFullError,
  SessionEndedError,
  UnknownMessageError,
} from '../src/index.ts';
import type { QueuedCommand } from '../src/index.ts';
import { createSession, openStore, ownedSession, post, take } from './support.ts';

test('an accepted message has a number, a place, and a record', async () => {
  const store = await openStore();
  const id = await createSession(store);
  await post(store, id, 'first');
  const { message } = await store.postMessage(
    id,
    MessageRequest.parse({ text: 'second', mode: 'talk', expiresAfter: 5_000 }),
  );
  expect(MessageAccepted.parse(message)).toEqual({
    id: message.id,
    sessionId: id,
    seq: 2,
    state: 'accepted',
    position: 1,
  });
  const record = await store.getMessage(id, message.id);
  expect(Message.parse(record)).toEqual(record);
  expect(record).toMatchObject({
    text: 'second',
    mode: 'talk',
    seq: 2,
    taskIds: [],
    expiresAt: record.acceptedAt + 5_000,
  });
  expect(Math.abs(record.acceptedAt - Date.now())).toBeLessThan(5_000);
  const [event] = (await store.readEvents(id)).slice(-1);
  expect(event).toMatchObject({
    id: record.eventId,
    type: 'message.accepted',
    seq: 2,
    text: 'second',
    mode: 'talk',
    at: record.acceptedAt,
  });
  expect(await store.getSession(id)).toMatchObject({ pending: 2 });
  await expect(store.getMessage(id, `msg_${'0'.repeat(32)}`)).rejects.toThrow(UnknownMessageError);
});

test('a message expires at the same moment for a worker whose clock is wrong', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  await store.postMessage(owner.id, MessageRequest.parse({ text: 'soon', expiresAfter: 5_000 }));
  const { timeOrigin } = performance;
  const clock = vi.spyOn(performance, 'timeOrigin', 'get');
  for (const wrongMs of [-3_600_000, 0, 3_600_000]) {
    clock.mockReturnValue(timeOrigin + wrongMs);
    const [command] = await take(owner.commands(), 1);
    const now = performance.timeOrigin + performance.now();
    const { acceptedAt, expiresAt } = command as Extract<QueuedCommand, { type: 'message' }>;
    expect((expiresAt ?? 0) - now).toBeGreaterThan(4_000);
    expect((expiresAt ?? 0) - now).toBeLessThanOrEqual(5_000);
    expect(now - acceptedAt).toBeLessThan(1_000);
  }
  clock.mockRestore();
});

test('texts of any kind come out as they went in', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  const texts = [
    '"quoted" \\ back\nline',
    'ünï ☃ 👩‍🚀',
    '{"type":"session.ended"}',
    "'; redis.call('FLUSHALL') --",
    '%s %d',
  ];
  for (const text of texts) await post(store, owner.id, text);
  const commands = await take(owner.commands(), texts.length);
  expect(commands.map((command) => command.type === 'message' && command.text)).toEqual(texts);
  const events = await store.readEvents(owner.id);
  expect(events.flatMap((event) => (event.type === 'message.accepted' ? event.text : []))).toEqual(texts);
});

test('100 posts at once with one key make one message', async () => {
  const store = await openStore();
  const other = await openStore({ account: store.account });
  const id = await createSession(store);
  const request = MessageRequest.parse({ text: 'once' });
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) =>
      (i % 2 ? store : other).postMessage(id, request, { idempotencyKey: 'key' }),
    ),
  );
  expect(new Set(answers.map(({ message }) => JSON.stringify(message))).size).toBe(1);
  expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
  expect(await store.listMessages(id)).toHaveLength(1);
  await expect(
    store.postMessage(id, { ...request, text: 'twice' }, { idempotencyKey: 'key' }),
  ).rejects.toThrow(IdempotencyMismatchError);
});

test('idempotency keys are not in Redis in clear', async () => {
  const store = await openStore();
  const id = await createSession(store);
  await store.postMessage(id, { text: 'x', mode: 'repeat' }, { idempotencyKey: 'secret-key' });
  await using redis = disposable(new Redis(inject('redisUrl')));
  const [key] = await redis.client.keys(`*{${id}}:idempotency`);
  expect(JSON.stringify(await redis.client.hgetall(key as string))).not.toContain('secret-key');
});

test('a repeated post is answered as before, also when the mailbox is full or the session has ended', async () => {
  const store = await openStore({ mailboxLimit: 1 });
  const id = await createSession(store);
  const request = MessageRequest.parse({ text: 'x' });
  const first = await store.postMessage(id, request, { idempotencyKey: 'key' });
  const again = { ...first, replayed: true };
  expect(await store.postMessage(id, request, { idempotencyKey: 'key' })).toEqual(again);
  await expect(store.postMessage(id, request, { idempotencyKey: 'other' })).rejects.toThrow(MailboxFullError);
  await store.stopSession(id, 'enough');
  expect(await store.postMessage(id, request, { idempotencyKey: 'key' })).toEqual(again);
  await expect(store.postMessage(id, request, { idempotencyKey: 'other' })).rejects.toThrow(
    SessionEndedError,
  );
  await expect(store.interrupt(id)).rejects.toThrow(SessionEndedError);
});

test('a full mailbox takes messages again when one is finished', async () => {
  const store = await openStore({ mailboxLimit: 3 });
  const owner = await ownedSession(store);
  const posted = [
    await post(store, owner.id, '1'),
    await post(store, owner.id, '2'),
    await post(store, owner.id, '3'),
  ];
  const error = await post(store, owner.id, '4').catch((e: unknown) => e);
  expect(error).toBeInstanceOf(MailboxFullError);
  expect((error as MailboxFullError).retryAfter).toBeGreaterThan(0);
  await owner.updateMessage(posted[0]?.id as string, { state: 'spoken' });
  expect(await post(store, owner.id, '4')).toMatchObject({ seq: 4, position: 2 });
});

test('a message nobody began to say can be cancelled', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  const [one, two] = [await post(store, owner.id, '1'), await post(store, owner.id, '2')];
  await owner.recordUtterance(one.id, { index: 0, state: 'submitting' });
  expect(await store.cancelMessage(owner.id, one.id)).toMatchObject({
    cancelled: false,
    message: { state: 'accepted' },
  });
  expect(await store.cancelMessage(owner.id, two.id)).toMatchObject({
    cancelled: true,
    message: { state: 'dropped' },
  });
  expect(await store.cancelMessage(owner.id, two.id)).toMatchObject({ cancelled: false });
  expect(await owner.recordUtterance(two.id, { index: 0, state: 'submitting' })).toBe(false);
  expect(await owner.updateMessage(two.id, { state: 'speaking' })).toBe(false);
  expect(await store.getSession(owner.id)).toMatchObject({ pending: 1 });
  expect((await store.readEvents(owner.id)).at(-1)).toMatchObject({
    type: 'message.dropped',
    messageId: two.id,
    seq: 2,
  });
});

test('a dashboard sees the mailbox by state, in order, page by page', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  const posted = [];
  for (let i = 1; i <= 9; i++) posted.push(await post(store, owner.id, String(i)));
  for (const { id, seq } of posted.slice(0, 6))
    await owner.updateMessage(id, { state: seq % 2 ? 'spoken' : 'failed' });
  await owner.updateMessage(posted[6]?.id as string, { state: 'speaking' });
  const mailbox = store.mailboxAsQueue(owner.id);
  expect(await mailbox.counts()).toEqual({
    accepted: 2,
    speaking: 1,
    spoken: 3,
    interrupted: 0,
    expired: 0,
    failed: 3,
    dropped: 0,
  });
  const seqs = async (...query: Parameters<typeof mailbox.list>) =>
    (await mailbox.list(...query)).map(({ seq }) => seq);
  expect(await seqs({ states: ['spoken', 'failed'], start: 0, end: 3 })).toEqual([1, 2, 3, 4]);
  expect(await seqs({ states: ['spoken', 'failed'], start: 4, end: 9 })).toEqual([5, 6]);
  expect(await seqs({ states: ['spoken'], start: 0, end: 1, newestFirst: true })).toEqual([5, 3]);
  expect(await seqs({ states: ['accepted', 'speaking'], start: 0, end: 9 })).toEqual([7, 8, 9]);
  expect(await mailbox.get(posted[0]?.id as string)).toMatchObject({ state: 'spoken' });
  expect(await mailbox.get(`msg_${'0'.repeat(32)}`)).toBeUndefined();
  expect((await store.listMessages(owner.id, { after: 4, limit: 3 })).map(({ seq }) => seq)).toEqual([
    5, 6, 7,
  ]);
});

test('of finished messages only the newest are kept', async () => {
  const store = await openStore({ retention: { messages: 3 } });
  const owner = await ownedSession(store);
  const first = await store.postMessage(owner.id, { text: '1', mode: 'repeat' }, { idempotencyKey: 'key' });
  await owner.updateMessage(first.message.id, { state: 'spoken' });
  for (let i = 2; i <= 6; i++)
    await owner.updateMessage((await post(store, owner.id, String(i))).id, { state: 'spoken' });
  expect((await store.listMessages(owner.id)).map(({ seq }) => seq)).toEqual([4, 5, 6]);
  await expect(store.getMessage(owner.id, first.message.id)).rejects.toThrow(UnknownMessageError);
  expect(
    (await store.postMessage(owner.id, { text: '1', mode: 'repeat' }, { idempotencyKey: 'key' })).replayed,
  ).toBe(false);
});

function disposable(client: Redis) {
  return { client, [Symbol.asyncDispose]: () => Promise.resolve(client.disconnect()) };
}
