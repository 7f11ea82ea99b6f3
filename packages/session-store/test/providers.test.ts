import { setTimeout as delay } from 'node:timers/promises';
import { type OfferedProviders, Session, SessionRequest } from '@avatar-bridge/contracts';
import { expect, test } from 'vitest';
import { eventually, openStore } from './support.ts';

const heygen = {
  name: 'heygen',
  modes: ['repeat' as const],
  talkNeedsKnowledge: true,
  uuidAvatars: false,
  defaultAvatar: true,
};
const offer = (...offered: OfferedProviders['offered']): OfferedProviders => ({
  offered,
  order: offered.map(({ name }) => name),
});

test('shows the providers that a session was asked for', async () => {
  const store = await openStore();
  const show = async (request: object) =>
    (await store.createSession(SessionRequest.parse(request))).session.providers;
  expect(await show({})).toBeUndefined();
  expect(await show({ provider: 'heygen' })).toEqual([{ name: 'heygen' }]);
  const second = { name: 'liveavatar-full', avatarId: 'a' };
  expect(await show({ providers: ['heygen', second] })).toEqual([{ name: 'heygen' }, second]);
});

test('the owner writes which provider is in use, and the change', async () => {
  const store = await openStore();
  const { session } = await store.createSession(SessionRequest.parse({}));
  const owner = await store.claim(session.id, { epoch: 1, worker: 'a' });
  const providers = [{ name: 'heygen' }, { name: 'voice-only' }];
  await owner.setProviders({ provider: 'heygen', providers });
  expect(Session.parse(await store.getSession(session.id))).toMatchObject({ provider: 'heygen', providers });
  const event = { type: 'provider.changed', from: 'heygen', to: 'voice-only', reason: 'gone' } as const;
  await owner.setProviders({ provider: 'voice-only', providers }, event);
  expect((await store.readEvents(session.id)).at(-1)).toMatchObject(event);
  const next = await store.claim(session.id, { epoch: 2, worker: 'b' });
  expect(next.record).toMatchObject({ provider: 'voice-only', providers });
});

test('workers offer their providers together', async () => {
  const store = await openStore();
  expect(await store.offeredProviders()).toBeUndefined();
  await store.offerProviders('a', offer(heygen), 60_000);
  const talking = { ...heygen, modes: ['talk' as const], talkNeedsKnowledge: false };
  const voice = { ...heygen, name: 'voice-only' };
  await store.offerProviders('b', offer(voice, talking), 60_000);
  const offered = await store.offeredProviders();
  expect(offered?.order.toSorted()).toEqual(['heygen', 'voice-only']);
  expect(offered?.offered.find(({ name }) => name === 'heygen')).toMatchObject({
    modes: expect.toSatisfy((modes: string[]) => modes.toSorted().join() === 'repeat,talk'),
    talkNeedsKnowledge: false,
  });
});

test('forgets the offer of a worker that has gone', async () => {
  const store = await openStore();
  await store.offerProviders('a', offer(heygen), 200);
  await delay(250);
  expect(await store.offeredProviders()).toBeUndefined();
  await store.offerProviders('b', offer(heygen), 200);
  const voice = { ...heygen, name: 'voice-only' };
  await eventually(async () => {
    await store.offerProviders('a', offer(voice), 200);
    await delay(20);
    return (await store.offeredProviders())?.offered.length === 1;
  });
});
