import type { MessageId } from '@avatar-bridge/contracts';
import { expect, test } from 'vitest';
import { FencedError, SessionEndedError, UnknownMessageError } from '../src/index.ts';
import type { OwnedSession, QueuedCommand } from '../src/index.ts';
import {
  collect,
  createSession,
  eventually,
  openStore,
  leasedSession,
  ownedSession,
  post,
  take,
  types,
} from './support.ts';

const end = { outcome: 'stopped', code: 'stopped', message: 'over' } as const;
const said = (owner: OwnedSession, id: MessageId) => owner.updateMessage(id, { state: 'spoken' });

test('a second owner fences the first: it can neither read nor write any more', async () => {
  const store = await openStore();
  const first = await ownedSession(store, 1);
  const { id } = await post(store, first.id, 'text');
  const reading = first.commands()[Symbol.asyncIterator]();
  await reading.next();
  const second = await store.claim(first.id, { epoch: 2, worker: 'w2' });
  await post(store, first.id, 'more');
  const attempts = [
    () => reading.next(),
    () => first.append({ type: 'user.started' }),
    () => first.setState({ type: 'session.live', room: 'r' }),
    () => first.updateMessage(id, { state: 'spoken' }),
    () => first.recordUtterance(id, { index: 0, state: 'submitting' }),
    () => first.advance('1-0'),
    () => first.verify(),
    () => first.openVendorSession({ provider: 'heygen', id: 'v', openedAt: 1 }),
    () => first.closeVendorSession({ provider: 'heygen', id: 'v' }, 'x'),
    () => first.end(end),
  ];
  for (const attempt of attempts) await expect(attempt()).rejects.toThrow(FencedError);
  expect(await store.getMessage(first.id, id)).toMatchObject({ state: 'accepted' });
  await second.verify();
  expect(await second.append({ type: 'user.started' })).toHaveLength(1);
  expect(second.record).toMatchObject({ epoch: 2, worker: 'w2' });
});

test('an epoch that is not newer claims nothing', async () => {
  const store = await openStore();
  const owner = await ownedSession(store, 3);
  for (const epoch of [2, 3])
    await expect(store.claim(owner.id, { epoch, worker: 'late' })).rejects.toThrow(FencedError);
  await owner.end(end);
  await expect(store.claim(owner.id, { epoch: 4, worker: 'later' })).rejects.toThrow(SessionEndedError);
});

test('interrupt and stop are seen while an earlier message is unfinished', async () => {
  const store = await openStore();
  const owner = await leasedSession(store);
  const commands = owner.commands()[Symbol.asyncIterator]();
  const message = await post(store, owner.id, 'a long one');
  expect((await commands.next()).value).toMatchObject({ type: 'message', id: message.id, seq: 1 });
  await owner.updateMessage(message.id, { state: 'speaking' });
  const { interrupt } = await store.interrupt(owner.id);
  expect((await commands.next()).value).toMatchObject({ type: 'interrupt', id: interrupt.id });
  await store.stopSession(owner.id, 'enough');
  expect((await commands.next()).value).toMatchObject({ type: 'stop' });
});

test('a new owner reads again what was not finished, and nothing else', async () => {
  const store = await openStore();
  const first = await ownedSession(store, 1);
  const ids: MessageId[] = [];
  for (let i = 0; i < 6; i++) ids.push((await post(store, first.id, String(i))).id);
  const [a, b, c, d, e, f] = ids as [MessageId, MessageId, MessageId, MessageId, MessageId, MessageId];
  // Out of order: the cursor stays before the first that is unfinished, whatever is finished after it.
  for (const id of [a, c, e]) await said(first, id);
  await first.updateMessage(b, { state: 'speaking' });
  const left = async (epoch: number) => {
    const owner = await store.claim(first.id, { epoch, worker: `w${epoch}` });
    const stop = new AbortController();
    const seen: QueuedCommand[] = [];
    const reading = collect(owner.commands({ signal: stop.signal }), seen);
    await eventually(() => seen.at(-1)?.id === f);
    stop.abort();
    await reading;
    return { owner, ids: seen.map(({ id }) => id) };
  };
  const second = await left(2);
  expect(second.ids).toEqual([b, d, f]);
  await said(second.owner, b);
  const third = await left(3);
  expect(third.ids).toEqual([d, f]);
  expect(third.owner.record.cursor).not.toBe('0-0');
});

test('an interrupt is not lost with its owner', async () => {
  const store = await openStore();
  const first = await ownedSession(store, 1);
  const message = await post(store, first.id, 'said when the owner died');
  await store.interrupt(first.id);
  await take(first.commands(), 2);
  const second = await store.claim(first.id, { epoch: 2, worker: 'w2' });
  expect((await take(second.commands(), 2)).map(({ type }) => type)).toEqual(['message', 'interrupt']);
  await second.updateMessage(message.id, { state: 'interrupted' });
});

test('interrupts without a message between are one, until it is handled', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  const commands = owner.commands()[Symbol.asyncIterator]();
  const { interrupt: first } = await store.interrupt(owner.id);
  expect((await store.interrupt(owner.id)).interrupt).toEqual(first);
  const handled = (await commands.next()).value as QueuedCommand;
  await owner.advance(handled.entryId);
  const { interrupt: second } = await store.interrupt(owner.id);
  expect(second.id).not.toBe(first.id);
  await post(store, owner.id, 'between');
  expect((await store.interrupt(owner.id)).interrupt.id).not.toBe(second.id);
  expect(
    types(await store.readEvents(owner.id)).filter((type) => type === 'interrupt.accepted'),
  ).toHaveLength(3);
});

test('a command is with its owner at once', async () => {
  const store = await openStore();
  const gateway = await openStore({ account: store.account });
  const owner = await ownedSession(store);
  const commands = owner.commands()[Symbol.asyncIterator]();
  const waits: number[] = [];
  for (let i = 0; i < 100; i++) {
    const next = commands.next();
    await post(gateway, owner.id, 'x');
    const accepted = performance.now();
    await next;
    waits.push(performance.now() - accepted);
  }
  // Typically below 1 ms; a poll would take 500 ms.
  expect(waits.toSorted((a, b) => a - b)[50]).toBeLessThan(50);
});

test('utterances are remembered, each in its newest state, with the epoch that wrote it', async () => {
  const store = await openStore();
  const first = await ownedSession(store, 1);
  const { id } = await post(store, first.id, 'One. Two.');
  await first.recordUtterance(id, { index: 0, state: 'submitting' });
  await first.recordUtterance(id, { index: 0, state: 'submitted', taskId: 'task a' });
  await first.recordUtterance(id, { index: 0, state: 'speaking' });
  await first.recordUtterance(id, { index: 1, state: 'submitting' });
  const second = await store.claim(first.id, { epoch: 2, worker: 'w2' });
  expect((await second.message(id)).utterances).toMatchObject([
    { index: 0, state: 'speaking', taskId: 'task a', epoch: 1 },
    { index: 1, state: 'submitting', epoch: 1 },
  ]);
  await second.recordUtterance(id, { index: 1, state: 'submitted', taskId: 'task b' });
  expect(await store.getMessage(first.id, id)).toMatchObject({ taskIds: ['task a', 'task b'] });
  await expect(second.message(`msg_${'0'.repeat(32)}`)).rejects.toThrow(UnknownMessageError);
});

test("a message's times and end are written with their event, once", async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  const { id, seq } = await post(store, owner.id, 'x');
  await owner.updateMessage(
    id,
    { state: 'speaking', submittedAt: 10, speakingAt: 20, waitedMs: 0, vendorMs: 10 },
    { type: 'message.speaking', messageId: id, seq, waitedMs: 0, vendorMs: 10 },
  );
  const spoken = { type: 'message.spoken', messageId: id, seq, firstFrameMs: 25 } as const;
  expect(await owner.updateMessage(id, { state: 'spoken', firstFrameMs: 25 }, spoken)).toBe(true);
  expect(
    await owner.updateMessage(
      id,
      { state: 'failed', reason: 'late' },
      { ...spoken, type: 'message.interrupted' },
    ),
  ).toBe(false);
  const message = await store.getMessage(owner.id, id);
  expect(message).toMatchObject({
    state: 'spoken',
    submittedAt: 10,
    speakingAt: 20,
    waitedMs: 0,
    vendorMs: 10,
    firstFrameMs: 25,
  });
  expect(message.reason).toBeUndefined();
  expect(message.finishedAt).toBeGreaterThan(0);
  expect(await store.getSession(owner.id)).toMatchObject({ pending: 0 });
  expect(types(await store.readEvents(owner.id)).slice(-2)).toEqual(['message.speaking', 'message.spoken']);
});

test('states and their events go together, and live keeps its first time', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  await owner.setState({ type: 'session.starting', epoch: 1, worker: 'w' });
  await owner.setState({ type: 'session.live', room: owner.record.room });
  const { liveAt } = await store.getSession(owner.id);
  expect(liveAt).toBeGreaterThan(0);
  await owner.setState({ type: 'session.recovering', reason: 'vendor session lost', attempt: 1 });
  expect(await store.getSession(owner.id)).toMatchObject({ state: 'recovering', liveAt });
  await owner.setState({ type: 'session.live', room: owner.record.room });
  await owner.setState({ type: 'session.stopping', reason: 'enough' });
  expect(await store.getSession(owner.id)).toMatchObject({ state: 'stopping', liveAt });
});

test('a vendor session is on the list from before it is used until it is stopped, also after the session ended', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  const [one, two] = [
    { provider: 'heygen', id: 'v1', openedAt: 1, data: { room: 'a' } },
    { provider: 'heygen', id: 'v2', openedAt: 2 },
  ];
  await owner.openVendorSession(one);
  await owner.openVendorSession(two);
  expect((await store.getSession(owner.id)).vendorSession).toEqual(two);
  const next = await store.claim(owner.id, { epoch: 2, worker: 'w2' });
  expect(next.record.vendorSessions).toEqual([one, two]);
  await next.closeVendorSession(two, 'rollover');
  expect((await store.getSession(owner.id)).vendorSession).toEqual({
    provider: 'heygen',
    id: 'v1',
    openedAt: 1,
  });
  await next.end(end);
  expect(await store.vendorSessions()).toEqual([{ ...one, sessionId: owner.id, epoch: 1 }]);
  await store.forgetVendorSession(one);
  expect(await store.vendorSessions()).toEqual([]);
  const vendorEvents = (await store.readEvents(owner.id)).filter(({ type }) => type.startsWith('vendor.'));
  expect(types(vendorEvents)).toEqual(['vendor.opened', 'vendor.opened', 'vendor.closed']);
});

test('a vendor session that a fenced owner opened is on the list all the same', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  await store.claim(owner.id, { epoch: 2, worker: 'w2' });
  await expect(owner.openVendorSession({ provider: 'heygen', id: 'late', openedAt: 1 })).rejects.toThrow(
    FencedError,
  );
  expect(await store.vendorSessions()).toMatchObject([{ id: 'late', sessionId: owner.id }]);
});

test('the end drops what is unfinished, in order, and is told to those who read', async () => {
  const store = await openStore();
  const owner = await ownedSession(store);
  const ids = [
    await post(store, owner.id, '1'),
    await post(store, owner.id, '2'),
    await post(store, owner.id, '3'),
  ].map(({ id }) => id);
  await said(owner, ids[0] as string);
  await owner.updateMessage(ids[2] as string, { state: 'speaking' });
  const reading = collect(owner.commands());
  const following = collect(store.events(owner.id));
  await owner.end(end);
  expect((await reading).length).toBeLessThanOrEqual(2);
  const last = (await following).slice(-3);
  expect(last).toMatchObject([
    { type: 'message.dropped', messageId: ids[1], seq: 2, reason: 'The session ended: over' },
    { type: 'message.dropped', messageId: ids[2], seq: 3 },
    { type: 'session.ended', ...end },
  ]);
  expect(await store.getMessage(owner.id, ids[1] as string)).toMatchObject({
    state: 'dropped',
    reason: 'The session ended: over',
  });
  expect(await store.getSession(owner.id)).toMatchObject({ state: 'ended', pending: 0, end });
  await owner.end(end);
  await expect(owner.append({ type: 'user.started' })).rejects.toThrow(SessionEndedError);
});

test('a session created before is still there for whoever claims it first', async () => {
  const store = await openStore();
  const id = await createSession(store);
  const claims = await Promise.allSettled(
    [1, 2, 3].map((epoch) => store.claim(id, { epoch, worker: `w${epoch}` })),
  );
  expect(claims.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
  const again = await Promise.allSettled([1, 1].map(() => store.claim(id, { epoch: 9, worker: 'w' })));
  expect(again.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
});
