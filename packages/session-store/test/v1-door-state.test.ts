import { SessionRequest } from '@avatar-bridge/contracts';
import { expect, test } from 'vitest';
import { createSession, openStore } from './support.ts';

test('binds a token to the first session that asks for it', async () => {
  const store = await openStore();
  const [first, second] = [await createSession(store), await createSession(store)];
  expect(await store.v1Door.sessionOfToken('token')).toBeUndefined();
  const bound = await Promise.all([first, second].map((id) => store.v1Door.bindToken('token', id)));
  expect(bound.filter(Boolean)).toHaveLength(1);
  const winner = bound[0] ? first : second;
  expect(await store.v1Door.sessionOfToken('token')).toBe(winner);
  expect(await store.v1Door.bindToken('token', winner)).toBe(true);
  expect(await store.v1Door.bindToken('another', winner)).toBe(false);
});

test('names the sessions whose idle deadline is over, until it is set anew or forgotten', async () => {
  const store = await openStore();
  const [a, b] = [await createSession(store), await createSession(store)];
  await store.v1Door.setIdleDeadline(b, 2_000);
  await store.v1Door.setIdleDeadline(a, 1_000);
  expect(await store.v1Door.idle(999)).toEqual([]);
  expect(await store.v1Door.idle(2_000)).toEqual([a, b]);
  await store.v1Door.setIdleDeadline(a, 5_000);
  expect(await store.v1Door.idle(2_000)).toEqual([b]);
  await store.v1Door.forgetIdleDeadline(b);
  expect(await store.v1Door.idle(9_000)).toEqual([a]);
});

test('keeps the dialect of a session in its record', async () => {
  const store = await openStore();
  const request = SessionRequest.parse({});
  const { session } = await store.createSession({ ...request, dialect: 'heygen-v1' });
  expect(session.dialect).toBe('heygen-v1');
  expect((await store.claim(session.id, { epoch: 1, worker: 'w' })).record.dialect).toBe('heygen-v1');
  expect((await store.getSession(await createSession(store))).dialect).toBeUndefined();
});
