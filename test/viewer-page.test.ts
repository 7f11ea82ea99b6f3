import { AccessToken, RoomServiceClient } from 'livekit-server-sdk';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { RtpParticipant } from '../packages/livekit-rtp/src/index.ts';
import { Bridge } from './setup/bridge.ts';
import { launchBrowser } from './setup/browser.ts';

let bridge: Bridge;
let browser: Browser;
const problems: string[] = [];
beforeAll(async () => {
  [bridge, browser] = await Promise.all([
    Bridge.start({ env: { worker: { BRIDGE_PROVIDERS: 'heygen' } } }),
    launchBrowser(),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await bridge?.[Symbol.asyncDispose]();
});

test('in a room that others use, too, each page shows its own session’s avatar and obeys nobody else', async () => {
  const room = `lobby-${Date.now()}`;
  await using stranger = await agentIn(room);
  const [one, other] = await Promise.all([bridge.liveSession({ room }), bridge.liveSession({ room })]);
  const [page, otherPage] = await Promise.all([open(one.id), open(other.id)]);
  await Promise.all([untilPicture(page), untilPicture(otherPage)]);

  // Neither what is no event nor what somebody else says is one.
  const forged = { type: 'session.ended', sessionId: other.id, outcome: 'stopped', code: 'x', message: 'x' };
  for (const payload of ['not json', JSON.stringify(forged)])
    await stranger.sendData(new TextEncoder().encode(payload), { topic: 'avatar-bridge.event' });

  await bridge.deleteSession(one.id);
  await page.getByText('The session is closed').waitFor();
  const { id: messageId } = await bridge.say(other.id, 'I am the other one, and I am still here.');
  await otherPage.getByText('I am the other one, and I am still here.').waitFor();
  await otherPage.locator('.chip.speaking').waitFor();
  expect(await other.events.finished([messageId])).toEqual({ [messageId]: 'message.spoken' });
  await untilPicture(otherPage);
  expect(await otherPage.getByText('The session is closed').count()).toBe(0);
  expect(await page.locator('video').count()).toBe(0);
  expect(problems).toEqual([]);

  for (const { events } of [one, other]) events.close();
  await bridge.deleteSession(other.id);
  await Promise.all([page.close(), otherPage.close()]);
});

test('viewers come back with the avatar when somebody deletes its room, and leave for good when the session ends', async () => {
  const { url, apiKey, apiSecret } = inject('livekit').stage;
  const rooms = new RoomServiceClient(url.replace('ws', 'http'), apiKey, apiSecret);
  const { id, events } = await bridge.liveSession();
  const page = await open(id);
  await untilPicture(page);
  await rooms.deleteRoom(id);
  await page.getByText('The room was closed, joining it again').waitFor();
  await events.until('stage.back');
  await untilPicture(page);
  await bridge.deleteSession(id);
  await page.getByText('The session is closed').waitFor();
  await events.until('session.ended');
  await page.waitForTimeout(1_500);
  expect(await rooms.listRooms([id])).toEqual([]);
  events.close();
  await page.close();
});

test('the page speaks over plain http of another machine, where a browser has no secure context', async () => {
  const { id, events } = await bridge.liveSession();
  const page = await browser.newPage();
  await page.addInitScript(() => Reflect.deleteProperty(Crypto.prototype, 'randomUUID'));
  const { link } = await bridge.viewer(id, true);
  await page.goto(link);
  await page.fill('#taskInput', 'Hello.');
  await page.locator('#repeatBtn').click();
  await page.getByText(/Message 1 spoken/).waitFor();
  expect(await events.until('message.accepted')).toMatchObject({ text: 'Hello.', mode: 'repeat' });
  events.close();
  await page.close();
  await bridge.deleteSession(id);
});

test('who may start a session again chooses which of its providers speaks', async () => {
  const { id } = await bridge.createSession({ providers: ['heygen', 'liveavatar-lite'] });
  const page = await browser.newPage();
  await page.goto((await bridge.viewer(id, ['say', 'stop', 'restart'])).link);
  await page.locator('.pill.live').waitFor();
  await page.locator('.chip').getByText('HeyGen v1').waitFor();
  const choice = page.locator('#providerSelect');
  expect(await choice.isDisabled()).toBe(true);
  await page.locator('#closeBtn').click();
  await page.getByText('Session closed', { exact: true }).waitFor();
  await choice.selectOption('LiveAvatar Lite');
  await page.locator('#startBtn').click();
  await page.locator('.pill.live').waitFor();
  await page.locator('.chip').getByText('LiveAvatar Lite').waitFor();
  await untilPicture(page);
  const successor = page.url().split('/').at(-1) ?? '';
  expect((await bridge.session(successor)).providers).toEqual([
    { name: 'liveavatar-lite' },
    { name: 'heygen' },
  ]);
  await page.locator('#closeBtn').click();
  await page.getByText('Session closed', { exact: true }).waitFor();
  await page.close();
});

test('who may not start a session again has no choice of providers', async () => {
  const { id } = await bridge.createSession({ providers: ['heygen', 'liveavatar-lite'] });
  const page = await browser.newPage();
  await page.goto((await bridge.viewer(id, true)).link);
  await page.locator('.pill.live').waitFor();
  await page.locator('#closeBtn').click();
  await page.getByText('Session closed', { exact: true }).waitFor();
  expect(await page.locator('#providerSelect, #startBtn').count()).toBe(0);
  await page.close();
});

/** A page that may only watch: it is told by the room what happens. */
async function open(id: string): Promise<Page> {
  const page = await browser.newPage();
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto((await bridge.viewer(id)).link);
  return page;
}

/** Resolves when a picture is shown that moves. */
async function untilPicture(page: Page): Promise<void> {
  await page.locator('video').waitFor();
  const frames = (): Promise<number> =>
    page.evaluate(() => document.querySelector('video')!.getVideoPlaybackQuality().totalVideoFrames);
  const before = await frames();
  await expect.poll(frames, { timeout: 15_000 }).toBeGreaterThan(before + 10);
}

/** Somebody else's agent, without tracks, that may send data. */
async function agentIn(room: string): Promise<RtpParticipant> {
  const { url, apiKey, apiSecret } = inject('livekit').stage;
  const token = new AccessToken(apiKey, apiSecret, { identity: 'transcriber' });
  token.kind = 'agent';
  token.addGrant({ roomJoin: true, room, canPublishData: true });
  return RtpParticipant.connect({ url, token: await token.toJwt() });
}
