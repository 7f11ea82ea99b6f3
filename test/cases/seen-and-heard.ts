import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { expect } from 'vitest';
import { decodedVideo, watchStreams, watchTheMouth, watchTheVoice } from '../setup/page-probe.ts';
import { type Case, nameOf } from '../setup/provider-under-test.ts';
import { RtcViewer } from '../setup/rtc-viewer.ts';

const sentence =
  'Hello, this is the avatar speaking in your own room, and every word of it came over the bridge.';
const screenshots = join('.run', 'screenshots');

/** A POSTed message is seen and heard in the team's own room: in Chromium, and by LiveKit's own Node SDK. */
export const seenAndHeard =
  (browser: () => Browser, videoEncoding: 'H264' | 'VP8'): Case =>
  async (bridge, subject) => {
    const { id, events } = await bridge.liveSession({ avatar: { videoEncoding } });
    expect(await events.until('relay.started')).toMatchObject({ engine: subject.engine });
    const access = await bridge.viewer(id, true);
    const page = await browser().newPage({ viewport: { width: 1360, height: 860 } });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('requestfailed', (request) => problems.push(`${request.url()} ${request.failure()?.errorText}`));
    await watchStreams(page);
    await page.goto(access.link);
    await page.locator('video').waitFor();
    await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
    await using viewer = await RtcViewer.join(access.url, access.token);
    await watchTheMouth(page);
    await watchTheVoice(page);
    await waitFor(() => viewer.frames.length > 30, 'the independent viewer to see the avatar');

    const postedAt = Date.now();
    const { id: messageId } = await bridge.say(id, sentence);
    await events.until('message.speaking', (event) => event.messageId === messageId);
    await page.waitForFunction(() => document.querySelector('.caption')?.textContent?.includes('avatar'));
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `viewer-${nameOf(subject)}-${videoEncoding}.png`) });
    await events.until('message.spoken', (event) => event.messageId === messageId);
    const spokenAt = Date.now();
    const mouthMovedAt = await page.evaluate(() => window.mouthMovedAt);
    const stats = await decodedVideo(page);
    const heard = await page.evaluate(() => window.loudest());

    expect(stats).toMatchObject({ width: 1280, height: 720 });
    expect(stats.framesPerSecond).toBeGreaterThanOrEqual(25);
    expect(mouthMovedAt).toBeGreaterThan(postedAt);
    expect(mouthMovedAt! - postedAt).toBeLessThan(2_000);
    expect(heard).toBeGreaterThan(0.02);
    // Of one stream: that is what a browser plays in sync.
    const streams = await page.evaluate(() => window.streams());
    expect(streams.map(({ kind }) => kind).toSorted()).toEqual(['audio', 'video']);
    expect(new Set(streams.map(({ stream }) => stream)).size).toBe(1);
    expect(viewer.frames.at(-1)).toMatchObject({ width: 1280, height: 720 });
    expect(viewer.framesPerSecond(postedAt, spokenAt)).toBeGreaterThanOrEqual(25);
    expect(viewer.loudest(postedAt, spokenAt)).toBeGreaterThan(500);
    await waitFor(
      () => viewer.captions.some(({ attributes }) => attributes['lk.transcription_final'] === 'true'),
      'the final caption',
    );
    expect(viewer.captions.at(-1)?.attributes).toMatchObject({
      'lk.segment_id': expect.any(String),
      'lk.transcribed_track_id': expect.stringMatching(/^TR_/),
    });
    // The session's own participant says how the avatar is, whoever publishes its tracks.
    const states = viewer.agentStates.filter(({ identity }) => identity === `avatar-${id}`);
    expect(states.map(({ state }) => state)).toEqual(['listening', 'speaking', 'listening']);
    // Quiet again once it is said.
    await waitFor(
      () => viewer.loudness.length > 5 && viewer.loudness.slice(-5).every(({ rms }) => rms < 100),
      'silence',
    );
    expect(problems).toEqual([]);
    await page.close();
    events.close();
    await bridge.deleteSession(id);
    return `mouth moved after ${Math.round(mouthMovedAt! - postedAt)} ms, ${stats.framesPerSecond} fps`;
  };

async function waitFor(condition: () => boolean, what: string, timeoutMs = 20_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs} ms for ${what}`);
    await delay(50);
  }
}
