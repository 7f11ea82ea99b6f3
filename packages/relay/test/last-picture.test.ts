import { afterAll, expect, test } from 'vitest';
import { createMediaRelay } from '../src/index.ts';
import { timestampDelta } from '../src/packets/numbers.ts';
import { Scene } from './scene.ts';
import { until } from './until.ts';

const media = createMediaRelay({ engine: 'rtp', hosts: 1 });
afterAll(() => media.close());

test.each(['h264', 'vp8'] as const)(
  'a viewer who comes while the avatar is gone sees its last picture (%s)',
  async (codec) => {
    await using scene = new Scene();
    const avatar = await scene.avatar(codec);
    const { relay, events } = await scene.relay(media);
    const early = await scene.viewer('early');
    const listener = await scene.listener();
    await until('the picture is there', () => early.frames > 5 && listener.packets.video.length > 10);
    await avatar.leave();
    await until('the stall is told', () => events.mediaStalled.length === 2);

    const late = await scene.viewer('late');
    await until('the last picture is there', () => late.frames > 0);
    const waited = Math.round(late.firstFrameAt - late.subscribedAt);
    console.info(`last picture (${codec}): ${waited} ms after subscribing`);
    expect(waited).toBeLessThan(1500);
    expect(late).toMatchObject({ width: 1280, height: 720 });
    const { video } = await relay.stats();
    expect(video!.keyFramesRepeated).toBeGreaterThan(0);
    expect(video!.addedLatency!.p50).toBeLessThan(50);

    await scene.avatar(codec);
    const frames = [early.frames, late.frames];
    await until(
      'the picture goes on for both',
      () => early.frames > frames[0]! + 20 && late.frames > frames[1]! + 20,
    );
    expect(listener.missing('video')).toBe(0);
    const inOrder = listener.packets.video.toSorted(
      (a, b) => ((a.sequenceNumber - b.sequenceNumber) << 16) >> 16,
    );
    const steps = inOrder
      .slice(1)
      .map((packet, index) => timestampDelta(packet.timestamp, inOrder[index]!.timestamp));
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
    expect([...early.unsubscribed, ...late.unsubscribed]).toEqual([]);
  },
);
