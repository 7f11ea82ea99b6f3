import {
  LiveAvatarClient,
  sandboxAvatarId,
  type SessionOptions,
} from '../packages/heygen-client/src/liveavatar/index.ts';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startSimulator, type SessionView, type Simulator } from '../packages/avatar-simulator/src/index.ts';
import { browserArguments } from './setup/browser-arguments.ts';
import type { LiveAvatarSdkEvent } from './setup/liveavatar-sdk-page.ts';
import { servePage } from './setup/serve-vendor-sdk-page.ts';

const apiKey = 'the-account-key';
let simulator: Simulator;
let client: LiveAvatarClient;
let served: { url: string; close(): Promise<void> };
let browser: Browser;

beforeAll(async () => {
  [simulator, served] = await Promise.all([
    startSimulator({ apiKey, livekit: inject('livekit').vendor }),
    servePage('liveavatar-sdk-page.ts'),
  ]);
  client = new LiveAvatarClient({ apiKey, baseUrl: simulator.url });
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? inject('programs').chromium,
    args: browserArguments,
  });
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
  await client?.close();
  await simulator?.close();
});

/** A page whose application has a connected session with a running picture. */
async function withAvatar(options: SessionOptions): Promise<{ page: Page; sessionId: string }> {
  const { sessionId, token } = await client.createToken(options);
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error('page:', error));
  await page.goto(served.url);
  await page.evaluate(
    async ({ token, apiUrl }) => {
      window.liveAvatar = new window.LiveAvatarApplication(token, apiUrl);
      await window.liveAvatar.start();
    },
    { token, apiUrl: simulator.url },
  );
  await untilEvent(page, 'session.stream_ready');
  await page.waitForFunction(() => window.liveAvatar.picture().frames > 30);
  return { page, sessionId };
}

const events = (page: Page): Promise<LiveAvatarSdkEvent[]> => page.evaluate(() => window.liveAvatar.events);

/** The event of a type that came as the `count`th of its type. */
async function untilEvent(page: Page, type: string, count = 1): Promise<LiveAvatarSdkEvent> {
  await page.waitForFunction(
    ({ type, count }) => window.liveAvatar.events.filter((event) => event.type === type).length >= count,
    { type, count },
  );
  return (await events(page)).filter((event) => event.type === type)[count - 1]!;
}

/** Has the simulator name the reason of session.stopped as the SDK does, or as the documentation does. */
async function nameReason(stoppedReasonKey: 'stop_reason' | 'end_reason'): Promise<void> {
  await fetch(`${simulator.adminUrl}/switches`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ stoppedReasonKey }),
  });
}

async function sessionOf(sessionId: string): Promise<SessionView> {
  const response = await fetch(`${simulator.adminUrl}/sessions/${sessionId}`);
  return (await response.json()) as SessionView;
}

async function closeOf(page: Page, sessionId: string): Promise<void> {
  await page.evaluate(() => window.liveAvatar.stop());
  expect((await untilEvent(page, 'session.disconnected')).detail).toBe('CLIENT_INITIATED');
  await expect.poll(async () => (await sessionOf(sessionId)).state).toBe('closed');
  expect(await page.evaluate(() => window.liveAvatar.problems)).toEqual([]);
  await page.close();
}

test('the SDK starts a FULL session, has it speak and answer, interrupts and stops it', async () => {
  const { contextId } = await client.contexts.create({
    name: 'quiz',
    prompt: 'You run a quiz.',
    openingText: 'Welcome.',
  });
  const { page, sessionId } = await withAvatar({
    mode: 'FULL',
    avatarId: sandboxAvatarId,
    contextId,
    quality: 'high',
    maxDurationSeconds: 600,
  });
  expect(await page.evaluate(() => window.liveAvatar.picture())).toMatchObject({ width: 1280, height: 720 });
  expect(await page.evaluate(() => window.liveAvatar.maxSessionDuration)).toBe(600);
  await untilEvent(page, 'avatar.speak_ended');

  const repeated = await page.evaluate(() => window.liveAvatar.repeat('Hello from the vendor SDK.'));
  const started = await untilEvent(page, 'avatar.speak_started', 2);
  const ended = await untilEvent(page, 'avatar.speak_ended', 2);
  expect(started.detail).toMatchObject({ source_event_id: repeated });
  expect(ended.detail).toMatchObject({ source_event_id: repeated });
  expect(ended.at - started.at).toBeGreaterThan(500);
  const texts = (await events(page)).filter(({ type }) => type === 'avatar.transcription');
  expect(texts.at(-1)?.detail).toMatchObject({ text: 'Hello from the vendor SDK.' });

  const asked = await page.evaluate(() => window.liveAvatar.message('What is your name?'));
  expect((await untilEvent(page, 'avatar.speak_ended', 3)).detail).toMatchObject({ source_event_id: asked });

  await page.evaluate(() => {
    window.liveAvatar.startListening();
    window.liveAvatar.stopListening();
    window.liveAvatar.repeat(
      'This sentence is long, and nobody is going to hear the end of it, whatever it may be about.',
    );
  });
  const long = await untilEvent(page, 'avatar.speak_started', 4);
  await page.evaluate(() => window.liveAvatar.interrupt());
  expect((await untilEvent(page, 'avatar.speak_ended', 4)).at - long.at).toBeLessThan(3_000);

  const { tasks } = await sessionOf(sessionId);
  expect(tasks).toMatchObject([
    { origin: 'opening', text: 'Welcome.' },
    { taskType: 'repeat', text: 'Hello from the vendor SDK.' },
    { taskType: 'talk', text: 'What is your name?' },
    { taskType: 'repeat', interruptedAt: expect.any(Number) },
  ]);
  await page.evaluate(() => window.liveAvatar.keepAlive());
  await closeOf(page, sessionId);
  expect(await client.get(sessionId)).toMatchObject({ mode: 'FULL', endReason: expect.any(String) });
});

test.for([
  ['stop_reason', 'IDLE_TIMEOUT'],
  ['end_reason', undefined],
] as const)('the SDK hears that the vendor stopped a FULL session, with %s', async ([key, reason]) => {
  await nameReason(key);
  const { page, sessionId } = await withAvatar({ mode: 'FULL', avatarId: sandboxAvatarId });
  await client.stop(sessionId, { reason: 'IDLE_TIMEOUT' });
  expect((await untilEvent(page, 'session.disconnected')).detail).toBe('SERVER_INITIATED');
  expect((await untilEvent(page, 'session.stopped')).detail).toMatchObject({ stop_reason: reason });
  expect(await page.evaluate(() => window.liveAvatar.problems)).toEqual([]);
  await page.close();
});

test('the SDK starts a LITE session, has its sound said, interrupts and stops it', async () => {
  const { page, sessionId } = await withAvatar({ mode: 'LITE', avatarId: sandboxAvatarId });

  await page.evaluate(() => window.liveAvatar.repeatTone(2));
  const started = await untilEvent(page, 'avatar.speak_started');
  const ended = await untilEvent(page, 'avatar.speak_ended');
  expect(ended.at - started.at).toBeGreaterThan(1_700);
  expect(ended.at - started.at).toBeLessThan(3_000);

  await page.evaluate(() => window.liveAvatar.repeatTone(20));
  const long = await untilEvent(page, 'avatar.speak_started', 2);
  await page.evaluate(() => window.liveAvatar.interrupt());
  await expect
    .poll(async () => (await sessionOf(sessionId)).tasks[1]?.interruptedAt)
    .toEqual(expect.any(Number));
  await page.evaluate(() => window.liveAvatar.repeatTone(1));
  const again = await untilEvent(page, 'avatar.speak_started', 3);
  expect(again.at - long.at).toBeLessThan(5_000);

  await page.evaluate(() => {
    window.liveAvatar.startListening();
    window.liveAvatar.stopListening();
  });
  expect(await page.evaluate(() => window.liveAvatar.state)).toBe('CONNECTED');
  await closeOf(page, sessionId);
});
