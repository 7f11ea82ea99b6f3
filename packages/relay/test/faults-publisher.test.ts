import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { createMediaRelay } from '../src/index.ts';
import { sequenceDelta, timestampDelta } from '../src/packets/numbers.ts';
import type { Heard } from './listener.ts';
import { joinMortal } from './mortal-avatar.ts';
import { AVATAR } from './rooms.ts';
import { Scene, stalled } from './scene.ts';
import { until } from './until.ts';

const KINDS = ['video', 'audio'] as const;
const RATE = { video: 90, audio: 48 };

const media = createMediaRelay({ engine: 'rtp', hosts: 1 });
afterAll(() => media.close());

// Side by side, since most of this is waiting.
describe.concurrent('on real servers', () => {
  const beforeNoticed = async (): Promise<void> => {
    await sleep(3_000);
  };
  /** Its server misses it after 20 s. */
  const afterNoticed = async ({ rooms }: Scene): Promise<void> => {
    await until(
      'its server has noticed',
      async () => !(await rooms.participants('vendor')).includes(AVATAR),
      40_000,
    );
  };

  test.each([
    ['before its server has noticed', beforeNoticed],
    ['after its server has noticed', afterNoticed],
  ])(
    'a publisher that is killed and comes back %s goes on in the same two streams',
    { timeout: 90_000 },
    async (_name, wait) => {
      await using scene = new Scene();
      const first = scene.add(await joinMortal(scene.rooms));
      const { relay, events } = await scene.relay(media);
      const viewer = await scene.viewer();
      const listener = await scene.listener();
      await until(
        'the picture is there',
        () => viewer.frames > 30 && viewer.audioFrames > 30 && listener.packets.audio.length > 50,
      );
      await first.kill();
      await until('the stall is told', () => stalled(events).length === 2);
      await wait(scene);
      scene.add(await joinMortal(scene.rooms));
      await until('the return is told', () => stalled(events).length === 0);
      const { frames, audioFrames } = viewer;
      await until('the picture goes on', () => viewer.frames > frames + 60);
      await until('the sound goes on', () => viewer.audioFrames > audioFrames + 200);
      const stats = await relay.stats();
      for (const kind of KINDS) {
        const packets = inOrder(listener.packets[kind]);
        expect(new Set(packets.map(({ ssrc }) => ssrc)).size).toBe(1);
        expect(listener.missing(kind)).toBeLessThanOrEqual(stats[kind]!.lost);
        expect(backwards(packets)).toBe(0);
        expect(Math.abs(driftAtReturn(packets, RATE[kind]))).toBeLessThan(1000);
        expect(stats[kind]!.switches).toBe(1);
      }
      expect(viewer.unsubscribed).toEqual([]);
      expect(viewer.subscribed).toHaveLength(2);
      expect(events).toMatchObject({ failed: [], closed: [], sourceDisconnected: [] });
    },
  );

  test('a gap in the media is told within 2 s of the last packet', async () => {
    await using scene = new Scene();
    const avatar = await scene.avatar();
    const { relay, events } = await scene.relay(media);
    const told = { video: [] as number[], audio: [] as number[] };
    relay.on('mediaStalled', ({ kind }) => told[kind].push(performance.now() - avatar.lastSentAt[kind]));
    await until('media flows', () => events.firstFrame.length === 2);
    for (let round = 1; round <= 3; round++) {
      await sleep(round * 70);
      avatar.paused = true;
      await until('the gap is told', () => stalled(events).length === 2);
      avatar.paused = false;
      await until('the end of the gap is told', () => stalled(events).length === 0);
    }
    console.log(`a gap is told after ${[...told.video, ...told.audio].map(Math.round).join(', ')} ms`);
    expect(Math.max(...told.video, ...told.audio)).toBeLessThan(2000);
  });

  test('a viewer who joins late has a picture within half a second', async () => {
    await using scene = new Scene();
    const avatar = await scene.avatar();
    avatar.keyFramesOnDemand = true;
    const { relay } = await scene.relay(media);
    const listener = await scene.listener();
    await until('media flows', () => listener.packets.video.length > 60);
    const keyFrameAfter: number[] = [];
    const pictureAfter: number[] = [];
    for (let round = 0; round < 5; round++) {
      // Servers ask a publisher for a key frame once a second at most; these viewers come one at a time.
      await sleep(1200);
      const keyFrames = listener.keyFrames().length;
      const start = performance.now();
      const viewer = await scene.viewer(`viewer-${round}`);
      await until('the picture is there', () => viewer.frames > 0);
      await until('the key frame is there', () => listener.keyFrames().length > keyFrames);
      keyFrameAfter.push(listener.keyFrames()[keyFrames]!.at - start);
      pictureAfter.push(viewer.firstFrameAt - start);
      await viewer.leave();
    }
    const { video } = await relay.stats();
    console.log(
      `key frame after ${keyFrameAfter.map(Math.round).join(', ')} ms, picture after ${pictureAfter.map(Math.round).join(', ')} ms`,
    );
    expect(median(keyFrameAfter)).toBeLessThan(400);
    expect(median(pictureAfter)).toBeLessThan(500);
    expect(video!.plisReceived).toBeGreaterThanOrEqual(5);
  });
});

function inOrder(packets: readonly Heard[]): Heard[] {
  const first = packets[0]!.sequenceNumber;
  return packets.toSorted(
    (a, b) => sequenceDelta(a.sequenceNumber, first) - sequenceDelta(b.sequenceNumber, first),
  );
}

/** How often a timestamp is less than the one before it. */
function backwards(packets: readonly Heard[]): number {
  return packets.filter(
    ({ timestamp }, index) => index > 0 && timestampDelta(timestamp, packets[index - 1]!.timestamp) < 0,
  ).length;
}

/** How much further than the clock the timestamps went on over the longest pause, in ms. */
function driftAtReturn(packets: readonly Heard[], ticksPerMs: number): number {
  const pauses = packets.slice(1).map((packet, index) => ({
    arrival: packet.at - packets[index]!.at,
    media: timestampDelta(packet.timestamp, packets[index]!.timestamp) / ticksPerMs,
  }));
  const longest = pauses.toSorted((a, b) => b.arrival - a.arrival)[0]!;
  return longest.media - longest.arrival;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
