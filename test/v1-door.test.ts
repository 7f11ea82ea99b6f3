import { sessionIdOf } from '@avatar-bridge/contracts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Bridge } from './setup/bridge.ts';
import { events, launchForSdk, taskOf, untilEvent, withAvatar } from './setup/drive-sdk-page.ts';
import { servePage } from './setup/serve-vendor-sdk-page.ts';
import { tlsFront } from './setup/tls-front.ts';
import type { SdkEvent } from './setup/vendor-sdk-page.ts';

let served: Awaited<ReturnType<typeof servePage>>;
let bridge: Bridge;
let front: Awaited<ReturnType<typeof tlsFront>>;
let browser: Browser;

beforeAll(async () => {
  served = await servePage();
  const origin = new URL(served.url).origin;
  bridge = await Bridge.start({
    workers: 2,
    env: {
      gateway: { BRIDGE_V1_DOOR: 'true', BRIDGE_V1_DOOR_ORIGINS: origin },
      worker: { BRIDGE_PROVIDERS: 'liveavatar-full' },
    },
  });
  front = await tlsFront(bridge.stack.gateway.url);
  browser = await launchForSdk(front.port);
});
afterAll(async () => {
  await browser?.close();
  await front?.close();
  await bridge?.[Symbol.asyncDispose]();
  await served?.close();
});

/** An application that was written for v1: all that differs is where it calls, and with which key. */
async function application(transport: 'WEBSOCKET' | 'LIVEKIT'): Promise<{ page: Page; id: string }> {
  const { page, sessionId } = await withAvatar(browser, {
    pageUrl: served.url,
    basePath: bridge.stack.gateway.url,
    key: bridge.stack.chatbotKey,
    transport,
    request: { knowledgeBase: 'You are Wayne, and you are kind.' },
  });
  return { page, id: sessionIdOf(sessionId)! };
}

const ofTask = async (page: Page, taskId: string): Promise<SdkEvent[]> =>
  (await events(page)).filter((event) => taskOf(event) === taskId);

test('an application of the vendor’s SDK starts, speaks, talks, interrupts and closes', async () => {
  const { page, id } = await application('WEBSOCKET');
  expect(await page.evaluate(() => window.application.picture())).toMatchObject({ width: 1280, height: 720 });

  const said = await page.evaluate(() => window.application.repeat('Hello from an application of v1.'));
  const stopped = await untilEvent(page, 'avatar_stop_talking', said.task_id);
  await untilEvent(page, 'avatar_end_message', said.task_id);
  const about = await ofTask(page, said.task_id);
  const started = about.find(({ type }) => type === 'avatar_start_talking')!;
  expect(said.duration_ms).toBeGreaterThan(500);
  expect(stopped.at - started.at).toBeGreaterThan(500);
  expect(about.map(({ detail }) => (detail as { message?: string }).message ?? '').join('')).toContain(
    'application of v1',
  );

  await page.evaluate(() => window.application.talk('What is your name?'));
  const asked = await untilEvent(page, 'user_end_message');
  const question = (asked.detail as { task_id: string }).task_id;
  await untilEvent(page, 'avatar_stop_talking', question);
  expect((await ofTask(page, question)).map(({ type }) => type)).toEqual(
    expect.arrayContaining(['user_talking_message', 'avatar_start_talking', 'avatar_talking_message']),
  );

  const interrupted = page.evaluate(() =>
    window.application.repeat(
      'This sentence is long, and nobody is going to hear the end of it, whatever it may be about.',
    ),
  );
  await expect
    .poll(async () => (await events(page)).filter(({ type }) => type === 'avatar_start_talking').length)
    .toBe(3);
  await page.evaluate(() => window.application.interrupt());
  const { task_id: longId, duration_ms: longMs } = await interrupted;
  await untilEvent(page, 'avatar_stop_talking', longId);
  expect(longMs).toBeLessThan(4_000);

  await page.evaluate(() => window.application.keepAlive());
  await page.evaluate(() => window.application.listen());
  await page.evaluate(() => window.application.stop());
  // LiveKit's DisconnectReason ROOM_DELETED.
  expect((await untilEvent(page, 'stream_disconnected')).detail).toBe(5);
  expect(await bridge.session(id)).toMatchObject({ state: 'ended', end: { code: 'stopped' } });
  // The SDK emits whatever comes in the room under its type.
  const known = /^(avatar|user|stream|connection)_/;
  expect((await events(page)).filter(({ type }) => !known.test(type))).toEqual([]);
  await page.close();
});

test('with the LiveKit transport texts come through the room', async () => {
  const { page, id } = await application('LIVEKIT');
  await page.evaluate(() => window.application.talk('Good morning'));
  const asked = await untilEvent(page, 'user_end_message');
  const { task_id: question } = asked.detail as { task_id: string };
  await untilEvent(page, 'avatar_stop_talking', question);
  await page.evaluate(() => window.application.stop());
  await untilEvent(page, 'stream_disconnected');
  expect(await bridge.session(id)).toMatchObject({ state: 'ended' });
  await page.close();
});

test('an application does not notice that the worker of its session is killed', async () => {
  const { page, id } = await application('WEBSOCKET');
  const log = bridge.follow(id);
  const { worker } = await log.until('session.starting');
  const owner = bridge.stack.workers.find(({ process }) => worker.endsWith(`-${process.pid}`))!;

  const before = await page.evaluate(() => window.application.repeat('This is said before the worker dies.'));
  await page.evaluate(() => {
    void window.application.repeat('This is being said while the worker dies, so it takes some time to say.');
  });
  await expect
    .poll(async () => (await events(page)).filter(({ type }) => type === 'avatar_start_talking').length)
    .toBe(2);
  owner.process.child.kill('SIGKILL');
  await owner.process.exited;

  const after = await page.evaluate(() => window.application.repeat('And this is said afterwards.'));
  await untilEvent(page, 'avatar_stop_talking', after.task_id);
  const seen = await events(page);
  expect(seen.filter(({ type }) => type === 'stream_disconnected')).toEqual([]);
  expect(seen.filter(({ type }) => type === 'avatar_stop_talking').map(({ detail }) => detail)).toMatchObject(
    [{ task_id: before.task_id }, {}, { task_id: after.task_id }],
  );
  expect((await bridge.session(id)).epoch).toBe(2);
  const frames = () => page.evaluate(() => window.application.picture().frames);
  const seenFrames = await frames();
  await expect.poll(frames).toBeGreaterThan(seenFrames + 10);

  await page.evaluate(() => window.application.stop());
  expect((await untilEvent(page, 'stream_disconnected')).detail).toBe(5);
  log.close();
  await page.close();
});
