import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bridge } from './setup/bridge.ts';
import { launchBrowser } from './setup/browser.ts';
import { RtcViewer } from './setup/rtc-viewer.ts';

let bridge: Bridge;
let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const sentence =
  'Hello, this is the avatar speaking in your own room, and every word of it came over the bridge.';

describe.each(['rtp', 'transcode'] as const)('%s', (engine) => {
  beforeAll(async () => {
    bridge = await Bridge.start({ env: { worker: { BRIDGE_RELAY_ENGINE: engine } } });
  });
  afterAll(() => bridge?.[Symbol.asyncDispose]());

  test.for(['H264', 'VP8'] as const)(
    'a POSTed message is seen and heard in the team’s own room (%s)',
    async (videoEncoding) => {
      const { id, events } = await bridge.liveSession({ avatar: { videoEncoding } });
      const access = await bridge.viewer(id, ['say', 'interrupt', 'stop', 'restart']);
      const page = await browser.newPage({ viewport: { width: 1360, height: 860 } });
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('requestfailed', (request) =>
        problems.push(`${request.url()} ${request.failure()?.errorText}`),
      );
      await watchStreams(page);
      await page.goto(access.link);
      await page.locator('video').waitFor();
      await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
      await using viewer = await RtcViewer.join(access.url, access.token);
      await watchTheMouth(page);
      await waitFor(() => viewer.frames.length > 30, 'the independent viewer to see the avatar');

      const postedAt = Date.now();
      const { id: messageId } = await bridge.say(id, sentence);
      await events.until('message.speaking', (event) => event.messageId === messageId);
      const shot = join('.run', 'screenshots', `viewer-${engine}-${videoEncoding}.png`);
      await page.waitForFunction(() => document.querySelector('.caption')?.textContent?.includes('avatar'));
      mkdirSync(join('.run', 'screenshots'), { recursive: true });
      await page.screenshot({ path: shot });
      await events.until('message.spoken', (event) => event.messageId === messageId);
      const spokenAt = Date.now();
      const mouthMovedAt = await page.evaluate(() => window.mouthMovedAt);
      const stats = await decodedVideo(page);
      const heard = await page.evaluate(() => window.loudest());
      console.log(
        `${engine}, ${videoEncoding}: first changed mouth frame in Chromium ${mouthMovedAt === undefined ? 'never' : `${Math.round(mouthMovedAt - postedAt)} ms`} after the POST; ${stats.framesPerSecond} fps, picture in ${shot}`,
      );

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
      // Quiet again once it is said.
      await waitFor(
        () => viewer.loudness.length > 5 && viewer.loudness.slice(-5).every(({ rms }) => rms < 100),
        'silence',
      );
      expect(problems).toEqual([]);
      await page.close();
      events.close();
      await bridge.deleteSession(id);
    },
  );

  test('talk is answered by the vendor, repeat is said as it is', async () => {
    const { id, events } = await bridge.liveSession();
    const question = await bridge.say(id, 'What is your name?', { mode: 'talk' });
    const statement = await bridge.say(id, 'I say what I was told.', { mode: 'repeat' });
    expect(await events.finished([question.id, statement.id])).toEqual({
      [question.id]: 'message.spoken',
      [statement.id]: 'message.spoken',
    });
    const captions = new Map(
      events.seen
        .filter((event) => event.type === 'caption.updated')
        .filter((event) => event.final && event.speaker === 'avatar')
        .map((event) => [event.messageId, event.text]),
    );
    expect(captions.get(statement.id)).toContain('I say what I was told');
    expect(captions.get(question.id)).toBeTruthy();
    expect(captions.get(question.id)).not.toContain('What is your name');
    events.close();
    await bridge.deleteSession(id);
  });

  test('the page starts, speaks, interrupts and closes, with buttons that are enabled only when they work', async () => {
    const { id } = await bridge.createSession();
    const { link } = await bridge.viewer(id, ['say', 'interrupt', 'stop', 'restart']);
    const page = await browser.newPage();
    await page.goto(link);
    const [start, close, talk, repeat, interrupt] = ['start', 'close', 'talk', 'repeat', 'interrupt'].map(
      (name) => page.locator(`#${name}Btn`),
    );
    await page.locator('.pill.live').waitFor();
    expect(page.url()).not.toContain('ticket');
    expect(await start!.isDisabled()).toBe(true);
    expect(await repeat!.isDisabled()).toBe(true);
    await page.fill(
      '#taskInput',
      'I am being said from the page, and I am quite a long sentence, so that there is time to interrupt me.',
    );
    expect(await talk!.isEnabled()).toBe(true);
    await repeat!.click();
    await page.locator('.log li.active').waitFor();
    await interrupt!.click();
    await page.getByText(/Message 1 interrupted/).waitFor();
    await close!.click();
    await page.getByText('Session closed', { exact: true }).waitFor();
    expect(await close!.isDisabled()).toBe(true);
    await start!.click();
    await page.locator('.pill.live').waitFor();
    await page.fill('#taskInput', 'Hello again.');
    await talk!.click();
    await page.getByText(/Message 1 spoken/).waitFor();
    await close!.click();
    await page.getByText('Session closed', { exact: true }).waitFor();
    await page.close();
  });
});

declare global {
  interface Window {
    mouthMovedAt: number | undefined;
    loudest: () => number;
    streams: () => { kind: string; stream: string }[];
  }
}

/** Notes in the page when the pixels of the mouth first change much, and how loud it gets. */
async function watchTheMouth(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const video = document.querySelector('video')!;
    const canvas = new OffscreenCanvas(64, 36);
    const context = canvas.getContext('2d', { willReadFrequently: true })!;
    const mouth = (): Uint8ClampedArray => {
      const { videoWidth: w, videoHeight: h } = video;
      context.drawImage(video, w * 0.43, h * 0.49, w * 0.14, h * 0.1, 0, 0, 64, 36);
      return context.getImageData(0, 0, 64, 36).data;
    };
    const difference = (a: Uint8ClampedArray, b: Uint8ClampedArray): number =>
      a.reduce((sum, value, index) => sum + Math.abs(value - b[index]!), 0) / a.length;
    const nextFrame = (): Promise<void> =>
      new Promise((resolve) => video.requestVideoFrameCallback(() => resolve()));
    // The head moves a little at rest, too: what counts is a change that rest doesn't bring.
    await nextFrame();
    const closed = mouth();
    let atRest = 0;
    for (const until = performance.now() + 3_000; performance.now() < until; await nextFrame())
      atRest = Math.max(atRest, difference(mouth(), closed));
    const onFrame = (): void => {
      if (window.mouthMovedAt === undefined && difference(mouth(), closed) > atRest * 1.3 + 1)
        window.mouthMovedAt = performance.timeOrigin + performance.now();
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);

    const audio = document.querySelector('audio');
    const source = audio?.srcObject;
    let loudest = 0;
    window.loudest = () => loudest;
    if (!(source instanceof MediaStream)) return;
    const graph = new AudioContext();
    const analyser = graph.createAnalyser();
    graph.createMediaStreamSource(source).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      loudest = Math.max(
        loudest,
        Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length),
      );
    }, 20);
  });
}

/** `window.streams()`: the kind of each track that the browser is offered, and the stream it belongs to (`a=msid`, RFC 8830). */
async function watchStreams(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const connections: RTCPeerConnection[] = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        connections.push(this);
      }
    };
    window.streams = () =>
      connections
        .flatMap(({ remoteDescription }) => remoteDescription?.sdp.split(/^m=/m) ?? [])
        .map((section) => /^(audio|video) .*^a=msid:(\S+) /ms.exec(section))
        .flatMap((found) => (found === null ? [] : [{ kind: found[1]!, stream: found[2]! }]));
  });
}

/** What Chromium draws in two seconds. */
async function decodedVideo(page: Page): Promise<{ framesPerSecond: number; width: number; height: number }> {
  return page.evaluate(async () => {
    const video = document.querySelector('video')!;
    const first = video.getVideoPlaybackQuality().totalVideoFrames;
    const begun = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const frames = video.getVideoPlaybackQuality().totalVideoFrames - first;
    return {
      framesPerSecond: Math.round((frames * 10_000) / (performance.now() - begun)) / 10,
      width: video.videoWidth,
      height: video.videoHeight,
    };
  });
}

async function waitFor(condition: () => boolean, what: string, timeout = 20_000): Promise<void> {
  const deadline = Date.now() + timeout;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Waited ${timeout} ms for ${what}`);
    await delay(50);
  }
}
