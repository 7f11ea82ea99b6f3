import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Providers } from '../src/providers/providers.ts';
import { type Conversation, Rig } from './support/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.open({ plan: 'starter' });
  rig.startWorker({ providers: new Providers([rig.provider(), rig.full()]), slots: 1 });
});
afterEach(() => rig.clearFaults());
afterAll(() => rig[Symbol.asyncDispose]());

/** How often the vendor was asked for something. */
async function asked(what: string): Promise<number> {
  return (await rig.requests()).filter(({ path }) => path === what).length;
}

async function costsNothing(conversation: Conversation): Promise<void> {
  await conversation.until('session.ended');
  expect(await conversation.eventsOf('session.live')).toEqual([]);
  const nothingOpen = async () => {
    const answered = (await rig.requests()).every(({ status }) => status !== null);
    const open = [...(await rig.openVendorSessions()), ...(await rig.workerStore.vendorSessions())];
    return answered && open.length === 0;
  };
  await vi.waitUntil(nothingOpen, { timeout: 10_000, interval: 50 });
}

test('a session that is stopped while it waits for a slot is never known to the vendor', async () => {
  await rig.fault({ kind: 'delay', path: '/v1/streaming.new', ms: 1_500 });
  const holder = await rig.session();
  await holder.until('session.starting');
  await vi.waitUntil(async () => (await asked('/v1/streaming.new')) === 1, { timeout: 5_000, interval: 20 });
  const waiting = await rig.session();
  expect(await waiting.session()).toMatchObject({ state: 'queued', position: 0 });
  expect(await waiting.stop()).toMatchObject({ state: 'ended', epoch: 0, billableSeconds: 0 });
  await holder.stop();
  await costsNothing(holder);
  await costsNothing(waiting);
  expect((await waiting.events()).map(({ type }) => type)).toEqual(['session.queued', 'session.ended']);
  expect(await asked('/v1/streaming.new')).toBe(1);
});

test.each([
  ['heygen', '/v1/streaming.new'],
  ['heygen', '/v1/streaming.start'],
  ['liveavatar-full', '/v1/sessions/token'],
  ['liveavatar-full', '/v1/sessions/start'],
])('%s: what comes into being after the stop, by %s, is stopped, too', async (provider, path) => {
  // The vendor does as it is asked; only its answer is late.
  await rig.fault({ kind: 'delay', path, ms: 1_000, phase: 'after' });
  const before = (await rig.vendorSessions()).length;
  const earlier = await asked(path);
  const conversation = await rig.session({}, { provider });
  await vi.waitUntil(async () => (await asked(path)) > earlier, { timeout: 5_000, interval: 20 });
  await conversation.stop();
  await costsNothing(conversation);
  expect((await rig.vendorSessions()).length).toBeLessThanOrEqual(before + 1);
});
