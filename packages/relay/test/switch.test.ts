import { afterAll, describe, expect, test } from 'vitest';
import { startRtpRelay } from '../src/engines/rtp/rtp-engine.ts';
import { CancelledError, createMediaRelay, RetryableError, TerminalError } from '../src/index.ts';
import { timestampDelta } from '../src/packets/numbers.ts';
import { Avatar } from './avatar.ts';
import { Listener } from './listener.ts';
import type { Heard } from './listener.ts';
import { pictureAfterSound } from './picture-after-sound.ts';
import { AVATAR, Rooms } from './rooms.ts';
import { Scene } from './scene.ts';
import { until } from './until.ts';

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

test('ten switches in a row: no number is missing on the stage, and its time neither jumps nor goes back', async () => {
  await using scene = new Scene();
  const places = [scene.rooms, new Rooms()];
  for (const rooms of places) scene.add(await Avatar.join(rooms));
  const originals = await Promise.all(
    places.map(async (rooms) => scene.add(await Listener.join(rooms, 'vendor'))),
  );
  const relay = await startRtpRelay(await scene.rooms.relayOptions(), { emit: () => {}, logger: SILENT });
  scene.add({ leave: () => relay.close() });
  const listener = await scene.listener();
  const viewer = await scene.viewer();
  await until('the picture is there', () => viewer.frames > 5 && listener.packets.audio.length > 10);
  for (let number = 1; number <= 10; number++) await relay.switchSource(await places[number % 2]!.source());
  const { frames, audioFrames } = viewer;
  await until(
    'picture and sound go on',
    () => viewer.frames > frames + 10 && viewer.audioFrames > audioFrames + 50,
  );
  expect(await relay.stats()).toMatchObject({ video: { switches: 10 }, audio: { switches: 10 } });
  await until('nothing is missing', () => listener.missing('video') + listener.missing('audio') === 0);
  for (const [kind, rate] of [
    ['video', 90],
    ['audio', 48],
  ] as const) {
    const steps = stepsOf(listener.packets[kind]).map((step) => step / rate);
    // On a busy machine the sources have gaps of their own.
    const gap = Math.max(...originals.map(({ packets }) => largestGap(packets[kind])));
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...steps)).toBeLessThanOrEqual(Math.max(50, gap + 20));
  }
  expect(new Set([...listener.packets.video, ...listener.packets.audio].map(({ ssrc }) => ssrc)).size).toBe(
    2,
  );
  expect(viewer.subscribed).toHaveLength(2);
  expect(viewer.unsubscribed).toEqual([]);
  const latest = scene.add(await Listener.join(scene.rooms, 'stage', 'latest'));
  for (const { reports, packets } of [latest, originals[0]!])
    await until(
      'reports and sound have come',
      () => reports.size === 2 && packets.audio.length > 100 && packets.video.length > 60,
    );
  const skew = (): number => pictureAfterSound(latest) - pictureAfterSound(originals[0]!);
  await until('voice and picture are as far apart as in the vendor room', () => Math.abs(skew()) < 10);
  await until('the other room is left', async () => (await places[1]!.participants('vendor')).length === 2);
});

describe.concurrent('rtp', () => {
  const media = createMediaRelay({ engine: 'rtp', hosts: 1 });
  afterAll(() => media.close());

  test('a source that fails or brings nothing leaves the former one on the stage, and the relay can be switched again', async () => {
    await using scene = new Scene();
    const [empty, other] = [new Rooms(), new Rooms()];
    await scene.avatar();
    const options = { ...(await scene.rooms.relayOptions()), mediaTimeout: 3000 };
    await using relay = await media.start(options);
    const listener = await scene.listener();
    await until('media flows', () => listener.packets.video.length > 10);
    const source = await empty.source();
    const refused = relay.switchSource({ ...source, token: `${source.token.slice(0, -4)}xxxx` });
    await expect(refused).rejects.toBeInstanceOf(TerminalError);
    await expect(refused).rejects.toMatchObject({ code: 'unauthorized', side: 'source' });
    const silent = relay.switchSource(source);
    const second = relay.switchSource(source);
    await expect(second).rejects.toMatchObject({ name: 'RetryableError', code: 'switching' });
    await expect(silent).rejects.toBeInstanceOf(RetryableError);
    await expect(silent).rejects.toMatchObject({ code: 'media-timeout', side: 'source' });
    const wrong = scene.add(await Avatar.join(other, 'vp8'));
    await expect(relay.switchSource(await other.source())).rejects.toMatchObject({
      name: 'TerminalError',
      code: 'unsupported-codec',
    });
    await until('the other room is left', async () => (await other.participants('vendor')).join() === AVATAR);
    await wrong.leave();
    const heard = listener.packets.video.length;
    await until('the former goes on', () => listener.packets.video.length > heard + 30);
    expect(await relay.stats()).toMatchObject({ video: { switches: 0 }, audio: { switches: 0 } });
    scene.add(await Avatar.join(other));
    await relay.switchSource(await other.source());
    await until('nothing is missing', () => listener.missing('video') + listener.missing('audio') === 0);
  });

  test('a source that loses its voice half way through gives the stage back to the former one', async () => {
    await using scene = new Scene();
    await scene.avatar('vp8');
    const other = new Rooms();
    const next = scene.add(await Avatar.join(other, 'vp8'));
    next.voiceless = true;
    await using relay = await media.start({ ...(await scene.rooms.relayOptions()), mediaTimeout: 3000 });
    const listener = await scene.listener();
    const viewer = await scene.viewer();
    await until('media flows', () => listener.packets.video.length > 10 && viewer.frames > 10);
    const switching = relay.switchSource(await other.source());
    await expect(switching).rejects.toMatchObject({
      code: 'media-timeout',
      message: 'source: no audio of the other source within 3000 ms',
    });
    await until(
      'the picture is the former one again',
      async () => (await relay.stats()).video?.switches === 2,
    );
    const { frames } = viewer;
    await until('the former goes on', () => viewer.frames > frames + 30);
    next.voiceless = false;
    await relay.switchSource(await other.source());
    await until('the other goes on', () => viewer.frames > frames + 60);
    await until('nothing is missing', () => listener.missing('video') + listener.missing('audio') === 0);
  });

  test('a switch that is cancelled half way through gives the stage back to the former source', async () => {
    await using scene = new Scene();
    await scene.avatar('vp8');
    const other = new Rooms();
    const next = scene.add(await Avatar.join(other, 'vp8'));
    next.voiceless = true;
    const { relay, events } = await scene.relay(media);
    const listener = await scene.listener();
    const viewer = await scene.viewer();
    await until('media flows', () => listener.packets.video.length > 10 && viewer.frames > 10);
    const cancel = new AbortController();
    const failure = relay.switchSource(await other.source(), cancel.signal).catch((error: unknown) => error);
    await until('the picture is the other one', async () => (await relay.stats()).video?.switches === 1);
    cancel.abort();
    expect(await failure).toBeInstanceOf(CancelledError);
    await until('the other room is left', async () => (await other.participants('vendor')).join() === AVATAR);
    await until(
      'the picture is the former one again',
      async () => (await relay.stats()).video?.switches === 2,
    );
    const { frames, audioFrames } = viewer;
    await until(
      'the former goes on',
      () => viewer.frames > frames + 30 && viewer.audioFrames > audioFrames + 50,
    );
    next.voiceless = false;
    await relay.switchSource(await other.source(), new AbortController().signal);
    await until('the other goes on', () => viewer.frames > frames + 60);
    await until('nothing is missing', () => listener.missing('video') + listener.missing('audio') === 0);
    expect(events).toMatchObject({ sourceDisconnected: [], failed: [], closed: [] });
  });

  test('close ends a switch that is under way, and nobody is left behind', async () => {
    await using scene = new Scene();
    await scene.avatar();
    const other = new Rooms();
    const { relay } = await scene.relay(media);
    const failure = relay.switchSource(await other.source()).catch((error: unknown) => error);
    await until(
      'the relay has joined the other room',
      async () => (await other.participants('vendor')).length === 1,
    );
    await relay.close();
    expect(await failure).toBeInstanceOf(CancelledError);
    await until('nobody is left', async () => (await other.participants('vendor')).length === 0);
    await expect(relay.switchSource(await other.source())).rejects.toBeInstanceOf(CancelledError);
  });
});

describe.concurrent.each(['rtp', 'transcode'] as const)('%s', (engine) => {
  const media = createMediaRelay({ engine, hosts: 1 });
  afterAll(() => media.close());

  test('a switch that is cancelled leaves the other room, and the former source goes on', async () => {
    await using scene = new Scene();
    await scene.avatar();
    const other = new Rooms();
    const { relay, events } = await scene.relay(media);
    const viewer = await scene.viewer();
    await until('the picture is there', () => viewer.frames > 5);
    await expect(relay.switchSource(await other.source(), AbortSignal.abort())).rejects.toBeInstanceOf(
      CancelledError,
    );
    const cancel = new AbortController();
    const failure = relay.switchSource(await other.source(), cancel.signal).catch((error: unknown) => error);
    await until(
      'the relay has joined the other room',
      async () => (await other.participants('vendor')).length === 1,
    );
    cancel.abort();
    expect(await failure).toBeInstanceOf(CancelledError);
    await until('the other room is left', async () => (await other.participants('vendor')).length === 0);
    const { frames, audioFrames } = viewer;
    await until(
      'the former goes on',
      () => viewer.frames > frames + 30 && viewer.audioFrames > audioFrames + 50,
    );
    expect(events).toMatchObject({ sourceDisconnected: [], failed: [], closed: [] });
  });

  test('a switch waits for the companions of the other avatar', async () => {
    await using scene = new Scene();
    await scene.avatar();
    const other = new Rooms();
    scene.add(await Avatar.join(other));
    const { relay } = await scene.relay(media);
    const source = { ...(await other.source()), companions: ['agent'] };
    let switched = false;
    const switching = relay.switchSource(source).then(() => (switched = true));
    await until('the other room is joined', async () => (await other.participants('vendor')).length === 2);
    const companion = await Listener.join(other, 'vendor', 'agent');
    const wasSwitched = switched;
    await switching;
    expect(wasSwitched).toBe(false);
    await companion.leave();
  });

  test('a source is replaced after its room is gone; only the events of the new one count from then on', async () => {
    await using scene = new Scene();
    const other = new Rooms();
    const first = await scene.avatar();
    const { relay, events } = await scene.relay(media);
    const viewer = await scene.viewer();
    await until('the picture is there', () => viewer.frames > 5);
    await scene.rooms.service('vendor').deleteRoom(scene.rooms.name);
    await until('the loss is told', () => events.sourceDisconnected.length === 1);
    const second = scene.add(await Avatar.join(other));
    await relay.switchSource(await other.source());
    const { frames } = viewer;
    await until('the picture goes on', () => viewer.frames > frames + 20);
    expect(viewer.subscribed).toHaveLength(2);
    expect(viewer.unsubscribed).toEqual([]);
    await relay.sendToSource('hello');
    await until('the new avatar hears us', () => second.received.length === 1);

    scene.add(await Avatar.join(scene.rooms));
    await relay.switchSource(await scene.rooms.source());
    await other.service('vendor').deleteRoom(other.name);
    await until('the former avatar is gone', async () => (await other.participants('vendor')).length === 0);
    expect(first.received).toEqual([]);
    expect(events).toMatchObject({ failed: [], closed: [] });
    expect(events.sourceDisconnected).toHaveLength(1);
  });
});

/** How far the timestamp advances from packet to packet, in the order of the numbers. */
function stepsOf(packets: readonly Heard[]): number[] {
  const inOrder = packets.toSorted((a, b) => ((a.sequenceNumber - b.sequenceNumber) << 16) >> 16);
  return inOrder.slice(1).map((packet, index) => timestampDelta(packet.timestamp, inOrder[index]!.timestamp));
}

/** ms */
function largestGap(packets: readonly Heard[]): number {
  return packets.slice(1).reduce((largest, { at }, index) => Math.max(largest, at - packets[index]!.at), 0);
}
