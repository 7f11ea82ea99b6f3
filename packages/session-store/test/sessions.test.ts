import { SessionRequest } from '@avatar-bridge/contracts';
import { Session } from '@avatar-bridge/contracts';
import { expect, test } from 'vitest';
import { IdempotencyMismatchError, UnknownSessionError } from '../src/index.ts';
import { aborted, createSession, eventually, leasedSession, leases, openStore, types } from './support.ts';

test('a new session is queued, with its position among those that wait', async () => {
  const store = await openStore();
  const request = SessionRequest.parse({ metadata: { customer: '7' }, room: 'stage-7' });
  const { session, replayed } = await store.createSession(request);
  expect(replayed).toBe(false);
  expect(Session.parse(session)).toEqual(session);
  expect(session).toMatchObject({
    state: 'queued',
    position: 0,
    room: 'stage-7',
    metadata: { customer: '7' },
    pending: 0,
    epoch: 0,
  });
  const second = await createSession(store);
  const third = await createSession(store);
  expect(await store.getSession(second)).toMatchObject({ position: 1, room: second });
  expect(await store.getSession(third)).toMatchObject({ position: 2 });
  expect(types(await store.readEvents(third))).toEqual(['session.queued']);
});

test('what is no session is unknown', async () => {
  const store = await openStore();
  const id = `ses_${'0'.repeat(32)}`;
  await expect(store.getSession(id)).rejects.toThrow(UnknownSessionError);
  await expect(store.postMessage(id, { text: 'x', mode: 'repeat' })).rejects.toThrow(UnknownSessionError);
  await expect(store.interrupt(id)).rejects.toThrow(UnknownSessionError);
  await expect(store.stopSession(id, 'x')).rejects.toThrow(UnknownSessionError);
  await expect(store.listMessages(id)).rejects.toThrow(UnknownSessionError);
  await expect(store.readEvents(id)).rejects.toThrow(UnknownSessionError);
  await expect(store.events(id)[Symbol.asyncIterator]().next()).rejects.toThrow(UnknownSessionError);
  await expect(store.claim(id, { epoch: 1, worker: 'w' })).rejects.toThrow(UnknownSessionError);
});

test('the same key and body gives the same session, even to 50 at once', async () => {
  const store = await openStore();
  const request = SessionRequest.parse({});
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => store.createSession(request, { idempotencyKey: 'once' })),
  );
  expect(new Set(answers.map(({ session }) => session.id)).size).toBe(1);
  expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
  expect((await store.listSessions()).sessions).toHaveLength(1);
  expect(await store.queue.getJobCountByTypes('wait', 'prioritized', 'active')).toBe(1);
});

test('the same key with another body is refused', async () => {
  const store = await openStore();
  await store.createSession(SessionRequest.parse({}), { idempotencyKey: 'once' });
  const other = SessionRequest.parse({ room: 'elsewhere' });
  await expect(store.createSession(other, { idempotencyKey: 'once' })).rejects.toThrow(
    IdempotencyMismatchError,
  );
});

test('a repeated request finishes what a crash left half done', async () => {
  const store = await openStore();
  const { session } = await store.createSession(SessionRequest.parse({}), { idempotencyKey: 'once' });
  await store.queue.remove(session.id);
  await store.createSession(SessionRequest.parse({}), { idempotencyKey: 'once' });
  expect(await store.queue.getJobState(session.id)).toBe('prioritized');
});

test('sessions are listed newest first, in pages, and by state', async () => {
  const store = await openStore();
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.push(await createSession(store));
  await store.stopSession(ids[1] as string, 'enough');
  const first = await store.listSessions({ limit: 3 });
  const second = await store.listSessions({ limit: 3, ...(first.cursor && { cursor: first.cursor }) });
  expect([...first.sessions, ...second.sessions].map(({ id }) => id)).toEqual(ids.toReversed());
  expect(second.cursor).toBeUndefined();
  expect((await store.listSessions({ state: 'ended' })).sessions.map(({ id }) => id)).toEqual([ids[1]]);
  const queued = (await store.listSessions({ state: 'queued' })).sessions;
  expect(queued.map(({ position }) => position)).toEqual([3, 2, 1, 0]);
});

test('a session that nobody leased ends at once when it is stopped, and again is fine', async () => {
  const store = await openStore();
  const id = await createSession(store);
  await store.postMessage(id, { text: 'never said', mode: 'repeat' });
  const stopped = await store.stopSession(id, 'not needed');
  expect(stopped).toMatchObject({
    state: 'ended',
    pending: 0,
    end: { outcome: 'stopped', message: 'not needed' },
  });
  expect(await store.stopSession(id, 'once more')).toEqual(stopped);
  expect(types(await store.readEvents(id))).toEqual([
    'session.queued',
    'message.accepted',
    'message.dropped',
    'session.ended',
  ]);
  expect(await store.queue.getJobCountByTypes('wait', 'prioritized', 'active', 'delayed')).toBe(0);
});

test('a session that somebody leased is asked to stop, once', async () => {
  const store = await openStore();
  const owner = await leasedSession(store);
  expect(await store.stopSession(owner.id, 'enough')).toMatchObject({ state: 'queued' });
  await store.stopSession(owner.id, 'enough!');
  const commands = owner.commands()[Symbol.asyncIterator]();
  expect((await commands.next()).value).toMatchObject({ type: 'stop', reason: 'enough' });
  await owner.end({ outcome: 'stopped', code: 'stopped', message: 'enough' });
  expect(await commands.next()).toMatchObject({ done: true });
});

test('no more sessions are leased than there are slots', async () => {
  const store = await openStore();
  await store.setSlots(2);
  const ids = [await createSession(store), await createSession(store), await createSession(store)];
  const started: string[] = [];
  const stop = new AbortController();
  leases(store, {
    worker: 'w',
    capacity: 10,
    async run({ sessionId }, signal) {
      started.push(sessionId);
      await aborted(sessionId === ids[0] ? AbortSignal.any([stop.signal, signal]) : signal);
      return sessionId === ids[0] ? 'ended' : 'released';
    },
  });
  await eventually(() => started.length === 2);
  expect(started).toEqual(ids.slice(0, 2));
  expect(await store.getSession(ids[2] as string)).toMatchObject({ position: 0 });
  stop.abort();
  await eventually(() => started.length === 3);
  expect(started[2]).toBe(ids[2]);
});
