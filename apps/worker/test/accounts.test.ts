import { startSimulator } from '@avatar-bridge/avatar-simulator';
import { expect, inject, onTestFinished, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { createProviders } from '../src/providers/create-providers.ts';
import { Providers } from '../src/providers/providers.ts';
import { Rig } from './support/rig.ts';

/** A worker with an account at each of two simulated vendors, one slot each. */
async function twoAccounts() {
  const rig = await Rig.open();
  const other = await startSimulator({ apiKey: 'key-us', livekit: inject('livekit').vendor });
  const account = (name: string, baseUrl: string) => {
    return { name, vendor: 'heygen', keyVariable: `KEY_${name.toUpperCase()}`, slots: 1, baseUrl };
  };
  const { config } = readConfig({
    LIVEKIT_URL: inject('livekit').stage.url,
    LIVEKIT_API_KEY: 'unused',
    LIVEKIT_API_SECRET: 'unused, but for sealing',
    KEY_EU: rig.apiKey,
    KEY_US: 'key-us',
    BRIDGE_VENDOR_ACCOUNTS: JSON.stringify([account('eu', rig.simulator.url), account('us', other.url)]),
  });
  const made = createProviders(config, rig.logger);
  onTestFinished(async () => {
    await rig[Symbol.asyncDispose]();
    await other.close();
    await made.close();
  });
  const providers = new Providers(made.all, made.order, made.accounts);
  rig.startWorker({ providers, slots: config.BRIDGE_SLOTS });
  return rig;
}

test('sessions take the first account with a free slot at once, and wait only when there is none', async () => {
  const rig = await twoAccounts();
  const first = await rig.liveSession();
  expect(await first.session()).toMatchObject({
    provider: 'heygen@eu',
    providers: [{ name: 'heygen@eu' }, { name: 'heygen@us' }],
  });
  const at = performance.now();
  const second = await rig.liveSession({}, { provider: 'heygen' });
  expect(performance.now() - at).toBeLessThan(15_000);
  expect(await second.eventsOf('provider.changed')).toMatchObject([
    { from: 'heygen@eu', to: 'heygen@us', reason: 'No slot is free in heygen@eu' },
  ]);
  const third = await rig.session();
  expect(await third.session()).toMatchObject({ state: 'queued', position: 0 });
  await second.stop();
  await third.until('session.live');
  expect(await third.session()).toMatchObject({ provider: 'heygen@us' });
  expect(await third.eventsOf('session.recovering')).toEqual([]);
  expect(await rig.openVendorSessions()).toHaveLength(1);
}, 60_000);

test('a session that may use one account only waits for it, holds nobody up, and asks nobody', async () => {
  const rig = await twoAccounts();
  const first = await rig.liveSession({}, { provider: 'heygen@eu' });
  const asked = async () =>
    (await rig.requests()).filter(({ path }) => path.endsWith('streaming.new')).length;
  const waiting = await rig.session({}, { provider: 'heygen@eu' });
  const behind = await rig.session({}, { provider: 'heygen@us' });
  await behind.until('session.live');
  expect(await waiting.session()).toMatchObject({ state: 'queued', position: 0 });
  expect(await asked()).toBe(1);
  await first.stop();
  await waiting.until('session.live');
  expect(await asked()).toBe(2);
  const types = (await waiting.events()).map(({ type }) => type);
  expect(types.slice(0, 2)).toEqual(['session.queued', 'session.starting']);
  expect(types).not.toContain('provider.changed');
}, 60_000);
