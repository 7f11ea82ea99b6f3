import { VideoCodec } from '@livekit/rtc-node';
import { expect, test } from 'vitest';
import { OwnServer } from '../../../test/setup/own-server.ts';
import { createMediaRelay } from '../src/index.ts';
import { EncodingAvatar } from './encoder.ts';
import { Rooms } from './rooms.ts';
import { Scene } from './scene.ts';
import { until } from './until.ts';

/** ms that finding out takes: what a join may take. */
const FOUND_OUT = 10_000;

/** Where nobody can send anything. */
const NOWHERE = '255.255.255.255';

/** A stage whose media can be reached by TCP only, or not at all: a network that lets no UDP through. */
async function withoutUdp(announced = '127.0.0.1'): Promise<{ stage: OwnServer; scene: Scene }> {
  const stage = await OwnServer.start('stage-without-udp', { rtc: { force_tcp: true, node_ip: announced } });
  const scene = new Scene(new Rooms({ stage }));
  scene.add(stage);
  return { stage, scene };
}

test.concurrent(
  'a stage that UDP does not reach gets its picture by TCP, and the next relay does not try UDP first',
  { timeout: 90_000 },
  async () => {
    await using media = createMediaRelay();
    const { stage, scene } = await withoutUdp();
    await using _ = scene;
    await scene.avatar();
    const startedAt = performance.now();
    const { events, relay } = await scene.relay(media);
    const took = performance.now() - startedAt;
    const viewer = await scene.viewer();
    await until('the picture is there', () => viewer.frames > 20 && viewer.loudest > 1000);
    expect(events.engineChosen).toEqual([{ engine: 'transcode', reason: 'ice-failed' }]);
    expect(relay.engine).toBe('transcode');
    expect(took).toBeGreaterThan(FOUND_OUT - 1_000);

    await using next = new Scene(new Rooms({ stage }));
    await next.avatar();
    const nextAt = performance.now();
    const second = await next.relay(media);
    const nextTook = performance.now() - nextAt;
    console.log(`joined after ${Math.round(took)} ms, the next one after ${Math.round(nextTook)} ms`);
    await until('it is told', () => second.events.engineChosen.length > 0);
    expect(second.events.engineChosen).toEqual([{ engine: 'transcode', reason: 'ice-failed' }]);
    expect(nextTook).toBeLessThan(FOUND_OUT / 2);
  },
);

test.concurrent(
  'a stage that neither UDP nor TCP reaches is told of as such',
  { timeout: 90_000 },
  async () => {
    await using media = createMediaRelay();
    const { scene } = await withoutUdp(NOWHERE);
    await using _ = scene;
    await scene.avatar();
    const attempt = scene.relay(media);
    await expect(attempt).rejects.toMatchObject({
      name: 'RetryableError',
      code: 'ice-failed',
      side: 'stage',
    });
    await expect(attempt).rejects.toThrow('its TCP port for media cannot be reached either');
  },
);

test('a picture whose codec packets cannot be carried in is encoded anew', { timeout: 60_000 }, async () => {
  await using media = createMediaRelay();
  await using scene = new Scene();
  scene.add(await EncodingAvatar.join(scene.rooms, VideoCodec.VP9));
  const { events } = await scene.relay(media);
  const viewer = await scene.viewer();
  await until('the picture is there', () => viewer.frames > 20);
  expect(events.engineChosen).toEqual([{ engine: 'transcode', reason: 'unsupported-codec' }]);
});

test('where all is well, packets are relayed', async () => {
  await using media = createMediaRelay();
  await using scene = new Scene();
  await scene.avatar();
  const { events } = await scene.relay(media);
  await until('it is told', () => events.engineChosen.length > 0);
  expect(events.engineChosen).toEqual([{ engine: 'rtp', reason: 'default' }]);
});
