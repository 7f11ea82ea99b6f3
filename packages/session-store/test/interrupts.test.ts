import { MessageRequest } from '@avatar-bridge/contracts';
import type { MessagePolicy, SessionId } from '@avatar-bridge/contracts';
import { describe, expect, test } from 'vitest';
import { IdempotencyMismatchError, MailboxFullError } from '../src/index.ts';
import type { OwnedSession, QueuedCommand, SessionStore } from '../src/index.ts';
import { openStore, ownedSession, post, take, types } from './support.ts';

const say = async (store: SessionStore, id: SessionId, text: string, policy: MessagePolicy) =>
  (await store.postMessage(id, MessageRequest.parse({ text, policy }))).message;

const states = async (store: SessionStore, id: SessionId) =>
  Object.fromEntries((await store.listMessages(id)).map(({ text, state }) => [text, state]));

const commands = async (owner: OwnedSession, count: number): Promise<QueuedCommand[]> =>
  take(owner.commands(), count);

describe('an interrupt', () => {
  test('says which messages it concerns: those so far, or those before the one that it names', async () => {
    const store = await openStore();
    const owner = await ownedSession(store);
    for (const text of ['a', 'b', 'c']) await post(store, owner.id, text);
    await store.interrupt(owner.id, { before: 2 });
    await store.interrupt(owner.id);
    await store.interrupt(owner.id, { before: 99 });
    expect(await commands(owner, 5)).toMatchObject([
      { type: 'message' },
      { type: 'message' },
      { type: 'message' },
      { type: 'interrupt', before: 2 },
      { type: 'interrupt', before: 4 },
    ]);
    const accepted = (await store.readEvents(owner.id)).filter(({ type }) => type === 'interrupt.accepted');
    expect(accepted).toMatchObject([{ before: 2 }, { before: 4 }]);
  });

  test('with the key of one that was handled is not done again', async () => {
    const store = await openStore();
    const owner = await ownedSession(store);
    await post(store, owner.id, 'a');
    const key = { idempotencyKey: 'stop talking' };
    const first = await store.interrupt(owner.id, {}, key);
    const [, handled] = await commands(owner, 2);
    await owner.advance((handled as QueuedCommand).entryId);
    await post(store, owner.id, 'must be said');
    expect(await store.interrupt(owner.id, {}, key)).toEqual({ ...first, replayed: true });
    expect(
      types(await store.readEvents(owner.id)).filter((type) => type === 'interrupt.accepted'),
    ).toHaveLength(1);
    await expect(store.interrupt(owner.id, { before: 1 }, key)).rejects.toThrow(IdempotencyMismatchError);
  });

  test('of a session has its key remembered for 100 more', async () => {
    const store = await openStore();
    const { id } = await ownedSession(store);
    const interrupt = async (n: number) =>
      (await store.interrupt(id, {}, { idempotencyKey: `${n}` })).replayed;
    for (let n = 0; n <= 100; n++) await interrupt(n);
    expect([await interrupt(1), await interrupt(0)]).toEqual([true, false]);
  });
});

describe('a message that interrupts', () => {
  test('comes right after an interrupt of all before it', async () => {
    const store = await openStore();
    const owner = await ownedSession(store);
    await say(store, owner.id, 'a', 'queue');
    const urgent = await say(store, owner.id, 'b', 'interrupt');
    expect(await commands(owner, 3)).toMatchObject([
      { type: 'message', seq: 1 },
      { type: 'interrupt', before: 2 },
      { type: 'message', seq: 2, id: urgent.id },
    ]);
  });

  test('does not do so again when it is repeated with its key', async () => {
    const store = await openStore();
    const owner = await ownedSession(store);
    const request = MessageRequest.parse({ text: 'a', policy: 'interrupt' });
    const { message } = await store.postMessage(owner.id, request, { idempotencyKey: 'k' });
    const [interrupt] = await commands(owner, 1);
    await owner.advance((interrupt as QueuedCommand).entryId);
    expect((await store.postMessage(owner.id, request, { idempotencyKey: 'k' })).message.id).toBe(message.id);
    expect(types(await store.readEvents(owner.id))).toEqual([
      'session.queued',
      'interrupt.accepted',
      'message.accepted',
    ]);
  });
});

describe('a message that replaces', () => {
  test('drops those that nobody has begun, and leaves what is being said', async () => {
    const store = await openStore();
    const owner = await ownedSession(store);
    const [spoken] = [await post(store, owner.id, 'spoken'), await post(store, owner.id, 'submitted')];
    await owner.updateMessage(spoken.id, { state: 'speaking' });
    const [, submitted] = await store.listMessages(owner.id);
    await owner.recordUtterance(submitted?.id ?? '', { index: 0, state: 'submitting' });
    for (const text of ['stale', 'stale too']) await post(store, owner.id, text);
    expect(await say(store, owner.id, 'fresh', 'replace')).toMatchObject({ seq: 5, position: 2 });
    expect(await states(store, owner.id)).toEqual({
      spoken: 'speaking',
      submitted: 'accepted',
      stale: 'dropped',
      'stale too': 'dropped',
      fresh: 'accepted',
    });
    expect((await store.getSession(owner.id)).pending).toBe(3);
    expect(types(await store.readEvents(owner.id)).slice(-3)).toEqual([
      'message.dropped',
      'message.dropped',
      'message.accepted',
    ]);
  });

  test('is accepted by a mailbox that is full of what it replaces, and drops nothing when it is refused', async () => {
    const store = await openStore({ mailboxLimit: 2 });
    const owner = await ownedSession(store);
    const [a, b] = [await post(store, owner.id, 'a'), await post(store, owner.id, 'b')];
    expect(await say(store, owner.id, 'c', 'replace')).toMatchObject({ position: 0 });
    expect(await owner.recordUtterance(a.id, { index: 0, state: 'submitting' })).toBe(false);
    const d = await post(store, owner.id, 'd');
    const begun = (await store.listMessages(owner.id, { states: ['accepted'] })).map(({ id }) => id);
    for (const id of begun) await owner.recordUtterance(id, { index: 0, state: 'submitting' });
    await expect(say(store, owner.id, 'e', 'replace')).rejects.toThrow(MailboxFullError);
    expect(await states(store, owner.id)).toMatchObject({
      a: 'dropped',
      b: 'dropped',
      c: 'accepted',
      d: 'accepted',
    });
    expect([b.seq, d.seq]).toEqual([2, 4]);
  });
});

test('what was heard of a message is kept with it', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  const { id, seq } = await post(store, owner.id, 'One. Two.');
  await owner.updateMessage(
    id,
    { state: 'interrupted', spokenText: 'One.' },
    { type: 'message.interrupted', messageId: id, seq, spokenText: 'One.' },
  );
  expect(await store.getMessage(owner.id, id)).toMatchObject({ state: 'interrupted', spokenText: 'One.' });
});
