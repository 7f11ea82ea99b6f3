import { afterAll, describe, expect, test } from 'vitest';
import { signalThrough } from '../../../test/setup/signal-through-shim.ts';
import { UdpShim } from '../../../test/setup/udp-shim.ts';
import { createMediaRelay } from '../src/index.ts';
import { Scene } from './scene.ts';
import { until } from './until.ts';

const SEED = 2026;
const SECONDS = 12;

const media = createMediaRelay({ engine: 'rtp', hosts: 1 });
afterAll(() => media.close());

describe.each([
  { way: 'from the vendor', side: 'source', server: 'vendor', count: 'repaired' },
  { way: 'to the stage', side: 'stage', server: 'stage', count: 'resent' },
] as const)('a way $way that loses 5 % and mixes up the rest by 50 ms', ({ side, server, count }) => {
  test('leaves no trace on the stage', { timeout: 60_000 }, async () => {
    await using scene = new Scene();
    const avatar = await scene.avatar();
    avatar.filler = 7;
    const shim = scene.add(await UdpShim.open(SEED));
    const { url } = scene.add(await signalThrough(shim, scene.rooms.url(server)));
    const options = await scene.rooms.relayOptions();
    const relay = await media.start({ ...options, [side]: { ...options[side], url } });
    scene.add({ leave: () => relay.close() });
    const listener = await scene.listener();
    await until(
      'media flows',
      () => listener.packets.video.length > 100 && listener.packets.audio.length > 30,
    );
    const before = { ...shim.passed };
    const begin = listener.packets.audio.length;
    shim.faults = { loss: 0.05, jitter: 50 };
    await until(
      'some seconds have gone by',
      () => listener.packets.audio.length > begin + SECONDS * 50,
      40_000,
    );
    shim.faults = { loss: 0, jitter: 0 };
    const lost = shim.passed.lost - before.lost;
    const missing = (): number => listener.missing('video') + listener.missing('audio');
    await until('all is there', () => missing() === 0, 3000).catch(() => {});
    const { video, audio } = await relay.stats();
    const facts = {
      packets: shim.passed.packets - before.packets,
      lost,
      repaired: { video: video![count], audio: audio![count] },
      missingOnStage: { video: listener.missing('video'), audio: listener.missing('audio') },
    };
    console.log(JSON.stringify(facts));
    // Were there no faults, nothing would be proved.
    expect(lost).toBeGreaterThan(100);
    expect(facts.repaired.video).toBeGreaterThan(100);
    expect(facts.repaired.audio).toBeGreaterThan(10);
    expect(missing()).toBeLessThan((listener.packets.video.length + listener.packets.audio.length) / 1000);
    expect(video!.framesPerSecond).toBeGreaterThan(20);
  });
});
