import { startSimulator, type SessionView, type Simulator } from '../packages/avatar-simulator/src/index.ts';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { selfSignedCertificate } from '../packages/avatar-simulator/src/certificate.ts';
import type { SdkEvent } from './setup/vendor-sdk-page.ts';
import { browserArguments } from './setup/browser-arguments.ts';
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
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? inject('programs').chromium,
    args: [
      ...browserArguments,
      // The SDK drops the port of basePath and opens its socket as wss://<host>/, so the simulator's TLS listener has to stand there.
      `--host-resolver-rules=MAP 127.0.0.1:443 127.0.0.1:${simulator.tlsPort}`,
      '--ignore-certificate-errors',
    ],
  });
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

/** A page whose application has an avatar with a running picture. */
async function withAvatar(transport: 'WEBSOCKET' | 'LIVEKIT'): Promise<{ page: Page; sessionId: string }> {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error('page:', error));
  await page.goto(served.url);
  const sessionId = await page.evaluate(
    async ({ key, basePath, transport }) => {
      // An application's server does this; here the browser shows that it may call with X-Api-Key, too.
      const answer = await fetch(`${basePath}/v1/streaming.create_token`, {
        method: 'POST',
        headers: { 'x-api-key': key },
      });
      const { data } = (await answer.json()) as { data: { token: string } };
      window.application = new window.Application(data.token, basePath);
      const session = await window.application.start({
        voiceChatTransport: window.VoiceChatTransport[transport],
        activityIdleTimeout: 120,
      });
      return session.session_id;
    },
    { key: apiKey, basePath: simulator.url, transport },
  );
  await untilEvent(page, 'stream_ready');
  await page.waitForFunction(() => window.application.picture().frames > 30);
  return { page, sessionId };
}

const events = (page: Page): Promise<SdkEvent[]> => page.evaluate(() => window.application.events);
const taskOf = ({ detail }: SdkEvent): string | undefined =>
  typeof detail === 'object' ? detail?.task_id : undefined;

async function untilEvent(page: Page, type: string, taskId?: string): Promise<SdkEvent> {
  await page.waitForFunction(
    ({ type, taskId }) =>
      window.application.events.some(
        (event) =>
          event.type === type &&
          (!taskId || (typeof event.detail === 'object' && event.detail?.task_id === taskId)),
      ),
    { type, taskId },
  );
  return (await events(page)).find((event) => event.type === type && (!taskId || taskOf(event) === taskId))!;
}

test('the vendor’s own SDK starts an avatar at the simulator, has it speak, interrupts it and closes', async () => {
  const { page, sessionId } = await withAvatar('WEBSOCKET');
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
  const { page, sessionId } = await withAvatar('LIVEKIT');
  await page.evaluate(() => window.application.talk('Good morning'));
  const { detail } = await untilEvent(page, 'avatar_start_talking');
  const { tasks } = await admin<SessionView>('GET', `/sessions/${sessionId}`);
  expect(tasks).toMatchObject([{ text: 'Good morning', origin: 'room', taskType: 'talk' }]);
  expect(detail).toMatchObject({ task_id: tasks[0]!.taskId });
  await page.evaluate(() => window.application.stop());
  await untilEvent(page, 'stream_disconnected');
  await page.close();
});
