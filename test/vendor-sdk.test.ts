import { startSimulator, type SessionView, type Simulator } from '../packages/avatar-simulator/src/index.ts';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { selfSignedCertificate } from '../packages/avatar-simulator/src/certificate.ts';
import { events, launchForSdk, taskOf, untilEvent, withAvatar } from './setup/drive-sdk-page.ts';
import { servePage } from './setup/serve-vendor-sdk-page.ts';

const apiKey = 'the-account-key';
let simulator: Simulator;
let served: { url: string; close(): Promise<void> };
let browser: Browser;

beforeAll(async () => {
  [simulator, served] = await Promise.all([
    selfSignedCertificate().then((certificate) =>
      startSimulator({ apiKey, livekit: inject('livekit').vendor, tls: { port: 0, ...certificate } }),
    ),
    servePage(),
  ]);
  browser = await launchForSdk(simulator.tlsPort!);
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
  await simulator?.close();
});

async function admin<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(simulator.adminUrl + path, {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

const application = (transport: 'WEBSOCKET' | 'LIVEKIT') =>
  withAvatar(browser, { pageUrl: served.url, basePath: simulator.url, key: apiKey, transport });

test('the vendor’s own SDK starts an avatar at the simulator, has it speak, interrupts it and closes', async () => {
  const { page, sessionId } = await application('WEBSOCKET');
  expect(await page.evaluate(() => window.application.picture())).toMatchObject({ width: 1280, height: 720 });

  const { task_id: taskId, duration_ms: duration } = await page.evaluate(() =>
    window.application.repeat('Hello from the vendor SDK.'),
  );
  const started = await untilEvent(page, 'avatar_start_talking', taskId);
  const stopped = await untilEvent(page, 'avatar_stop_talking', taskId);
  expect(duration).toBeGreaterThan(500);
  expect(stopped.at - started.at).toBeGreaterThan(duration - 400);
  const words = (await events(page)).filter(
    (event) => event.type === 'avatar_talking_message' && taskOf(event) === taskId,
  );
  expect(words.length).toBe(5);

  await page.evaluate(() => window.application.talk('What is your name?'));
  await untilEvent(page, 'user_end_message');
  const { tasks } = await admin<SessionView>('GET', `/sessions/${sessionId}`);
  expect(tasks[1]).toMatchObject({ text: 'What is your name?', origin: 'socket', taskType: 'talk' });
  await untilEvent(page, 'avatar_stop_talking', tasks[1]!.taskId);

  const long = page.evaluate(() =>
    window.application.repeat(
      'This sentence is long, and nobody is going to hear the end of it, whatever it may be.',
    ),
  );
  await expect
    .poll(async () => (await events(page)).filter(({ type }) => type === 'avatar_start_talking').length)
    .toBe(3);
  await page.evaluate(() => window.application.interrupt());
  const { task_id: longId } = await long;
  await untilEvent(page, 'avatar_stop_talking', longId);
  const interrupted = (await admin<SessionView>('GET', `/sessions/${sessionId}`)).tasks[2]!;
  expect(interrupted.interruptedAt! - interrupted.startedAt!).toBeLessThan(3_000);

  await page.evaluate(() => window.application.keepAlive());
  await page.evaluate(() => window.application.listen());
  await admin('POST', `/sessions/${sessionId}/user`, { event: 'user_start' });
  await untilEvent(page, 'user_start');

  await page.evaluate(() => window.application.stop());
  // LiveKit's DisconnectReason ROOM_DELETED.
  expect((await untilEvent(page, 'stream_disconnected')).detail).toBe(5);
  expect(await admin('GET', `/sessions/${sessionId}`)).toMatchObject({
    state: 'closed',
    closeReason: 'stopped',
  });
  await page.close();
});

test('with the LiveKit transport the SDK’s texts come through the room', async () => {
  const { page, sessionId } = await application('LIVEKIT');
  await page.evaluate(() => window.application.talk('Good morning'));
  const { detail } = await untilEvent(page, 'avatar_start_talking');
  const { tasks } = await admin<SessionView>('GET', `/sessions/${sessionId}`);
  expect(tasks).toMatchObject([{ text: 'Good morning', origin: 'room', taskType: 'talk' }]);
  expect(detail).toMatchObject({ task_id: tasks[0]!.taskId });
  await page.evaluate(() => window.application.stop());
  await untilEvent(page, 'stream_disconnected');
  await page.close();
});
