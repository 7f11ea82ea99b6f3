import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Bridge, type EventReader } from './setup/bridge.ts';
import { launchBrowser } from './setup/browser.ts';
import { watchTheVoice } from './setup/page-probe.ts';

const providers = ['liveavatar-lite', 'heygen', 'voice-only'];
const messages = 12;
const screenshots = join('.run', 'screenshots');
let bridge: Bridge;
let browser: Browser;
beforeAll(async () => {
  [bridge, browser] = await Promise.all([
    Bridge.start({ env: { worker: { BRIDGE_PROVIDERS: providers.join(',') } } }),
    launchBrowser(),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await bridge?.[Symbol.asyncDispose]();
});

test('when providers refuse in the middle of it, the next ones say the rest, in order, on the same stage', async () => {
  const sessions = await Promise.all(Array.from({ length: 4 }, () => bridge.liveSession()));
  const page = await watch(sessions[0]!.id);
  const posted = await Promise.all(
    sessions.map(({ id }, session) =>
      Promise.all(
        Array.from({ length: messages }, (_, n) => bridge.say(id, `Session ${session}, message ${n + 1}.`)),
      ),
    ),
  );

  await untilSpoken(sessions, 4);
  await refuse({ path: '/v1/sessions/token', error: 'noCredits' });
  await untilSpoken(sessions, 8);
  await refuse({ path: '/v1/streaming.new', error: 'unauthorized' });

  const ends = await Promise.all(
    sessions.map(({ events }, n) => events.finished(posted[n]!.map(({ id }) => id))),
  );
  expect(new Set(ends.flatMap((each) => Object.values(each)))).toEqual(new Set(['message.spoken']));
  for (const { events } of sessions) {
    const inOrder = Array.from({ length: messages }, (_, n) => n + 1);
    expect(events.seen.flatMap((e) => (e.type === 'message.spoken' ? [e.seq] : []))).toEqual(inOrder);
    const changes = events.seen.flatMap((e) => (e.type === 'provider.changed' ? [[e.from, e.to]] : []));
    expect(changes).toEqual([
      ['liveavatar-lite', 'heygen'],
      ['heygen', 'voice-only'],
    ]);
    // Who said each message to its end.
    const saidBy = new Map(
      events.seen.flatMap((e) => (e.type === 'message.spoken' ? [[e.seq, e.provider] as const] : [])),
    );
    const places = inOrder.map((seq) => providers.indexOf(saidBy.get(seq) ?? 'nobody'));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(new Set(places)).toEqual(new Set([0, 1, 2]));
    const told = providers.map((name, place) => `${name} ${places.filter((p) => p === place).length}`);
    console.log(`of ${messages} messages: ${told.join(', ')}`);
  }

  // The last one is heard, with a picture that stands still.
  const { id, events } = sessions[0]!;
  await watchTheVoice(page);
  const last = await bridge.say(id, 'This is the voice alone, with a picture that stands still.');
  const { at, provider } = await events.until('message.speaking', (e) => e.messageId === last.id);
  expect(provider).toBe('voice-only');
  await page.locator('.chip.speaking').getByText('Voice only').waitFor();
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, 'voice-only.png') });
  await events.until('message.spoken', (e) => e.messageId === last.id);
  expect(await page.evaluate((from) => window.loudest(from), at)).toBeGreaterThan(0.02);
  expect(await page.evaluate(() => document.querySelector('video')?.videoWidth ?? 0)).toBeGreaterThan(0);

  await page.close();
  for (const { events } of sessions) events.close();
  await Promise.all(sessions.map(({ id }) => bridge.deleteSession(id)));
  const open = async () =>
    (await bridge.vendorSessions()).filter(({ closedAt }) => closedAt === undefined).length;
  await expect.poll(open, { timeout: 15_000 }).toBe(0);
  // One of each vendor for each session, and none that was bought in vain.
  expect(await bridge.vendorSessions()).toHaveLength(8);
});

async function watch(id: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1360, height: 860 } });
  await page.goto((await bridge.viewer(id, true)).link);
  await page.locator('video').waitFor();
  return page;
}

async function untilSpoken(sessions: { events: EventReader }[], seq: number): Promise<void> {
  await Promise.all(
    sessions.map(({ events }) => events.until('message.spoken', (e) => e.seq === seq, 120_000)),
  );
}

/** From now on the vendor opens no session by this call, and those that are open end. */
async function refuse(fault: { path: string; error: string }): Promise<void> {
  await bridge.simulator('POST', '/admin/faults', { kind: 'refuse', times: 'always', ...fault });
  await bridge.simulator('POST', '/admin/faults', { kind: 'drop-session' });
}
