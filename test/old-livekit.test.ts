import { setTimeout as delay } from 'node:timers/promises';
import { RoomServiceClient } from 'livekit-server-sdk';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { oldestLivekitServer } from '../scripts/install/livekit-server.ts';
import { Bridge } from './setup/bridge.ts';
import { launchBrowser } from './setup/browser.ts';
import { talkative } from './setup/provider-under-test.ts';
import { OwnServer } from './setup/own-server.ts';
import { RtcViewer } from './setup/rtc-viewer.ts';

let stage: OwnServer;
let browser: Browser;
// Where the cache does not have the server, it is built first.
beforeAll(async () => {
  const binary = await oldestLivekitServer();
  [stage, browser] = await Promise.all([OwnServer.start('old-stage', { binary }), launchBrowser()]);
}, 900_000);
afterAll(async () => {
  await browser?.close();
  await stage?.leave();
});

describe.each([
  { provider: 'liveavatar-full', engine: 'rtp' },
  { provider: 'heygen', engine: 'transcode' },
  { provider: 'liveavatar-lite', engine: 'auto' },
])('a stage on the oldest LiveKit server, $provider, $engine', ({ provider, engine }) => {
  let bridge: Bridge;
  beforeAll(async () => {
    const { url, apiKey, apiSecret } = stage;
    bridge = await Bridge.start({
      stage: { url, apiKey, apiSecret },
      env: { worker: { BRIDGE_PROVIDERS: provider, BRIDGE_RELAY_ENGINE: engine } },
    });
  });
  afterAll(() => bridge?.[Symbol.asyncDispose]());

  test('shows and sounds the avatar, in order, until it is interrupted', async () => {
    const { id, events } = await bridge.liveSession(talkative);
    const access = await bridge.viewer(id, true);
    const page = await browser.newPage();
    await page.goto(access.link);
    await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
    await using viewer = await RtcViewer.join(access.url, access.token);
    await until(() => viewer.frames.length > 30, 'pictures of the avatar');

    const first = await bridge.say(id, 'This stage is on an older server.');
    const second = await bridge.say(id, 'What is your name?', { mode: 'talk' });
    expect(await events.finished([first.id, second.id])).toEqual({
      [first.id]: 'message.spoken',
      [second.id]: 'message.spoken',
    });
    const { at: from } = await events.until('message.speaking', ({ messageId }) => messageId === first.id);
    const { at: to } = await events.until('message.spoken', ({ messageId }) => messageId === second.id);
    expect(from).toBeLessThan(to);
    expect(viewer.framesPerSecond(from, to)).toBeGreaterThanOrEqual(20);
    expect(viewer.loudest(from, to)).toBeGreaterThan(500);
    await until(
      () => viewer.captions.some(({ attributes }) => attributes['lk.transcription_final'] === 'true'),
      'the final caption',
    );
    await until(() => viewer.agentStates.some(({ state }) => state === 'listening'), 'the avatar to listen');

    const long = await bridge.say(
      id,
      'This is a long sentence that goes on and on, until somebody has heard enough of it and interrupts.',
    );
    await events.until('message.speaking', ({ messageId }) => messageId === long.id);
    await bridge.interrupt(id);
    expect(await events.finished([long.id])).toEqual({ [long.id]: 'message.interrupted' });
    await page.close();
    events.close();
    await bridge.deleteSession(id);
  });

  test('keeps a stage on which nobody watches, as a token asks for', async () => {
    const { id, events } = await bridge.liveSession();
    const rooms = new RoomServiceClient(stage.url.replace('ws', 'http'), stage.apiKey, stage.apiSecret);
    const [room] = await rooms.listRooms([id]);
    expect(room).toMatchObject({ emptyTimeout: 86_400, departureTimeout: 86_400 });
    events.close();
    await bridge.deleteSession(id);
  });
});

async function until(condition: () => boolean, what: string, timeoutMs = 20_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs} ms for ${what}`);
    await delay(50);
  }
}
