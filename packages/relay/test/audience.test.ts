import { afterAll, describe, expect, test } from 'vitest';
import { createMediaRelay } from '../src/index.ts';
import type { Relay } from '../src/index.ts';
import { Avatar } from './avatar.ts';
import { Rooms } from './rooms.ts';
import { record, Scene } from './scene.ts';
import { perSecond, until } from './until.ts';

/** The stage's server waits 5 s, or 10 s after the start, until it says that nobody watches. */
const TIMEOUT = 60_000;

async function packetsOf(relay: Relay, kind: 'video' | 'audio'): Promise<number> {
  return (await relay.stats())[kind]?.packets ?? 0;
}

/** Waits until next to nothing comes from the vendor any more. */
async function untilPaused(relay: Relay): Promise<void> {
  let before = -1;
  await until(
    'the picture is paused',
    async () => {
      const { watched, video } = await relay.stats();
      const still = watched === false && video!.packets === before && video!.sinceLastPacket > 500;
      before = video!.packets;
      return still;
    },
    30_000,
  );
}

describe.concurrent('audience', () => {
  const media = createMediaRelay({ engine: 'rtp', hosts: 1 });
  afterAll(() => media.close());

  test(
    'the picture stops when the last viewer leaves, the voice goes on, and the next viewer has the picture at once',
    async () => {
      await using scene = new Scene();
      const avatar = await scene.avatar();
      avatar.keyFramesOnDemand = true;
      const { relay, events } = await scene.relay(media);
      const first = await scene.viewer('first');
      await until('the picture is there', () => first.frames > 5);
      expect((await relay.stats()).watched).toBe(true);
      await first.leave();
      await until('it is told', () => events.audience.length === 2, 20_000);
      await untilPaused(relay);
      const [video, audio] = [await packetsOf(relay, 'video'), await packetsOf(relay, 'audio')];
      await until('the voice goes on', async () => (await packetsOf(relay, 'audio')) > audio + 50);
      expect(await packetsOf(relay, 'video')).toBe(video);
      expect(events.mediaStalled).toEqual([]);

      const second = await scene.viewer('second');
      await until('the picture is there', () => second.frames > 0);
      const waited = Math.round(second.firstFrameAt - second.subscribedAt);
      console.info(`picture for the first viewer: ${waited} ms after subscribing`);
      expect(waited).toBeLessThan(1500);
      await until('the picture moves', async () => (await perSecond(() => second.frames, 1)) > 20);
      expect(second).toMatchObject({ width: 1280, height: 720 });
      expect(events.audience).toEqual([{ watched: true }, { watched: false }, { watched: true }]);
      expect(events).toMatchObject({ failed: [], closed: [] });
    },
    TIMEOUT,
  );

  test(
    'a relay that nobody watches brings its first frames, then pauses; a source that takes over is paused, too',
    async () => {
      await using scene = new Scene();
      await scene.avatar();
      const relay = scene.add(
        await leavable(media.start({ ...(await scene.rooms.relayOptions()), mediaTimeout: 8000 })),
      );
      const events = record(relay.relay);
      await until('both are there', () => events.firstFrame.length === 2);
      await untilPaused(relay.relay);
      const other = new Rooms();
      scene.add(await Avatar.join(other));
      await relay.relay.switchSource(await other.source());
      await untilPaused(relay.relay);
      expect(await relay.relay.stats()).toMatchObject({ video: { switches: 1 }, audio: { switches: 1 } });
      expect(events).toMatchObject({ mediaStalled: [], failed: [], closed: [] });
      const viewer = await scene.viewer();
      await until('the picture runs', () => viewer.frames > 20);
    },
    TIMEOUT,
  );

  test(
    'an avatar that falls silent or goes while its picture is paused is missed all the same',
    async () => {
      await using scene = new Scene();
      const avatar = await scene.avatar();
      const { relay, events } = await scene.relay(media);
      await untilPaused(relay);
      avatar.paused = true;
      await until('the silence is told', () => events.mediaStalled.length === 2);
      avatar.paused = false;
      await until('the return is told', () => events.mediaResumed.length === 2);
      await untilPaused(relay);
      await avatar.leave();
      await until('the loss is told', () => events.mediaStalled.length === 4);
      expect(Math.max(...events.mediaStalled.map(({ sinceMs }) => sinceMs))).toBeLessThan(3000);
      const viewer = await scene.viewer();
      await until('the last picture is there', () => viewer.frames > 0);
      await scene.avatar();
      await until('the picture runs', () => viewer.frames > 20);
    },
    TIMEOUT,
  );

  test(
    'a relay that shall not pause does not, and says so all the same that nobody watches',
    async () => {
      await using scene = new Scene();
      await scene.avatar();
      const relay = scene.add(
        await leavable(media.start({ ...(await scene.rooms.relayOptions()), pauseUnwatched: false })),
      );
      const events = record(relay.relay);
      await until('it is told', () => events.audience.length === 1, 20_000);
      expect(events.audience).toEqual([{ watched: false }]);
      const since = performance.now();
      let before = await packetsOf(relay.relay, 'video');
      await until('packets have come for some seconds', async () => {
        const packets = await packetsOf(relay.relay, 'video');
        const grew = packets > before;
        before = packets;
        return grew && performance.now() - since > 5000;
      });
    },
    TIMEOUT,
  );
});

async function leavable(start: Promise<Relay>): Promise<{ relay: Relay; leave(): Promise<void> }> {
  const relay = await start;
  return { relay, leave: () => relay.close() };
}
