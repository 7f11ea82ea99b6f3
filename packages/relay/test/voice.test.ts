import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { createMediaRelay, type Relay } from '../src/index.ts';
import { RELAY } from './rooms.ts';
import { type Recorded, record, Scene } from './scene.ts';
import { until } from './until.ts';

const media = createMediaRelay({ hosts: 1 });
afterAll(() => media.close());

const sampleRateHz = 24_000;

/** A tone, s16le. */
function tone(ms: number): Uint8Array {
  const samples = Int16Array.from({ length: (sampleRateHz * ms) / 1_000 }, (_, index) =>
    Math.round(8_000 * Math.sin((2 * Math.PI * 440 * index) / sampleRateHz)),
  );
  return new Uint8Array(samples.buffer);
}

async function start(scene: Scene): Promise<{ relay: Relay; events: Recorded }> {
  const grant = { canPublish: true, canPublishData: true, canSubscribe: true, canUpdateOwnMetadata: true };
  const relay = await media.start({
    id: scene.rooms.name,
    source: { kind: 'voice' },
    stage: {
      url: scene.rooms.url('stage'),
      token: await scene.rooms.token('stage', RELAY, grant, 'agent'),
    },
  });
  scene.add({ leave: () => relay.close() });
  return { relay, events: record(relay) };
}

test('a viewer hears what is played, at its length, and sees a picture', async () => {
  await using scene = new Scene();
  const { relay, events } = await start(scene);
  const listener = await scene.listener();
  const viewer = await scene.viewer();
  await until('the picture is seen', () => viewer.frames > 0);
  await sleep(500);
  const before = listener.packets.audio.length;
  await relay.playVoice({ utteranceId: 'a', pcm: tone(400), last: false });
  await relay.playVoice({ utteranceId: 'a', pcm: tone(600), last: true });
  await until('it has been played', () => events.voiceEnded.length === 1);
  expect(events.engineChosen).toEqual([{ engine: 'voice', reason: 'default' }]);
  expect(events.voiceStarted).toEqual([{ utteranceId: 'a' }]);
  expect(events.voiceEnded).toEqual([{ utteranceId: 'a', playedMs: 1_000, complete: true }]);
  expect(events.speaking.map(({ active }) => active)).toEqual([true, false]);
  await until('the packets have come', () => listener.packets.audio.length - before >= 50);
  const packets = listener.packets.audio.slice(before);
  expect(packets.length).toBeLessThanOrEqual(53);
  const lengthMs = (packets.at(-1)!.timestamp - packets[0]!.timestamp) / 48;
  expect(lengthMs).toBeGreaterThan(960);
  expect(lengthMs).toBeLessThan(1_060);
  expect(packets.filter(({ payload }) => payload.length > 20).length).toBeGreaterThanOrEqual(45);
});

test('clearVoice is heard at once, and what follows is played', async () => {
  await using scene = new Scene();
  const { relay, events } = await start(scene);
  const listener = await scene.listener();
  await sleep(500);
  await relay.playVoice({ utteranceId: 'a', pcm: tone(5_000), last: true });
  await until('sound has come', () => listener.packets.audio.length > 20);
  const clearedAt = performance.now();
  await relay.clearVoice();
  await until('the end is told', () => events.voiceEnded.length === 1);
  expect(events.voiceEnded[0]).toMatchObject({ utteranceId: 'a', complete: false });
  await sleep(500);
  const last = listener.packets.audio.findLast(({ payload }) => payload.length > 20);
  console.log(`sound until ${Math.round(last!.at - clearedAt)} ms after clearVoice`);
  expect(last!.at - clearedAt).toBeLessThan(100);
  await relay.playVoice({ utteranceId: 'b', pcm: tone(200), last: true });
  await until('the next one is played', () => events.voiceEnded.length === 2);
  expect(events.voiceEnded[1]).toEqual({ utteranceId: 'b', playedMs: 200, complete: true });
});

test('refuses half samples, and another source', async () => {
  await using scene = new Scene();
  const { relay } = await start(scene);
  const odd = relay.playVoice({ utteranceId: 'a', pcm: new Uint8Array(3), last: true });
  await expect(odd).rejects.toMatchObject({ code: 'invalid-sound' });
  const source = await scene.rooms.source();
  await expect(relay.switchSource(source)).rejects.toMatchObject({ code: 'engine-not-available' });
});
