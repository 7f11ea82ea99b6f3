import { setTimeout as sleep } from 'node:timers/promises';
import { TrackSource, VideoCodec } from '@livekit/rtc-node';
import { afterAll, describe, expect, test } from 'vitest';
import { createMediaRelay } from '../src/index.ts';
import { EncodingAvatar } from './encoder.ts';
import { pictureAfterSound } from './picture-after-sound.ts';
import { RELAY } from './rooms.ts';
import { Scene, stalled } from './scene.ts';
import { perSecond, until } from './until.ts';

describe.each([
  { engine: 'rtp', fullSpeed: 25 },
  // How fast depends on what this machine can encode and decode.
  { engine: 'transcode', fullSpeed: 10 },
] as const)('$engine', ({ engine, fullSpeed }) => {
  const media = createMediaRelay({ engine, hosts: 1 });
  afterAll(() => media.close());

  test.each(['h264', 'vp8'] as const)('a viewer sees the %s picture and hears the voice', async (codec) => {
    await using scene = new Scene();
    await scene.avatar(codec);
    const { relay, events } = await scene.relay(media);
    const viewer = await scene.viewer();
    await until('the picture is there', () => viewer.frames > 5);
    await until(
      'the picture runs at full speed',
      async () => (await perSecond(() => viewer.frames)) > fullSpeed,
    );
    expect(viewer).toMatchObject({ width: 1280, height: 720 });
    expect(viewer.audioFrames).toBeGreaterThan(150);
    expect(viewer.loudest).toBeGreaterThan(1000);
    expect(events.firstFrame.map(({ kind }) => kind).toSorted()).toEqual(['audio', 'video']);
    const { video, audio } = await relay.stats();
    expect(video).toMatchObject({ codec: `video/${codec}`, lost: 0, stageLost: 0 });
    expect(audio).toMatchObject({ codec: 'audio/opus', lost: 0 });
    expect(video!.framesPerSecond).toBeGreaterThan(fullSpeed);
    expect(video!.framesPerSecond).toBeLessThan(38);
    expect(Math.abs(audio!.framesPerSecond - 50)).toBeLessThan(12);
    const tracks = [...viewer.participant(RELAY)!.trackPublications.values()];
    expect(Object.fromEntries(tracks.map((track) => [track.name, track.source]))).toEqual({
      'avatar-video': TrackSource.SOURCE_CAMERA,
      'avatar-audio': TrackSource.SOURCE_MICROPHONE,
    });
  });

  test.each([
    ['VP8', VideoCodec.VP8],
    ['H264', VideoCodec.H264],
  ])(
    'a picture that is encoded live as %s comes through with sound, and the speaker is named on the stage, too',
    async (_name, codec) => {
      await using scene = new Scene();
      scene.add(await EncodingAvatar.join(scene.rooms, codec));
      const { events } = await scene.relay(media);
      const viewer = await scene.viewer();
      await until('the picture is there', () => viewer.frames > 5);
      // How fast depends on what this machine can encode and decode.
      await until('the picture moves', async () => (await perSecond(() => viewer.frames)) > 10);
      expect(viewer).toMatchObject({ width: 640, height: 360 });
      expect(viewer.loudest).toBeGreaterThan(1000);
      await until('the avatar speaks', () =>
        events.speaking.some(({ active, level }) => active && level > 0),
      );
      await until('viewers are told who speaks', () => viewer.speakers.includes(RELAY));
    },
  );

  test('an avatar that leaves and comes back goes on under the same tracks', async () => {
    await using scene = new Scene();
    const first = await scene.avatar();
    const { relay, events } = await scene.relay(media);
    const viewer = await scene.viewer();
    const listener = await scene.listener();
    await until('the picture is there', () => viewer.frames > 5);
    await first.leave();
    await until('the stall is told', () => stalled(events).length === 2);
    await scene.avatar();
    await until('the return is told', () => stalled(events).length === 0);
    const { frames } = viewer;
    await until('the picture goes on', () => viewer.frames > frames + 20);
    expect(viewer.subscribed).toHaveLength(2);
    expect(viewer.unsubscribed).toEqual([]);
    expect(await relay.stats()).toMatchObject({ video: { switches: 1 }, audio: { switches: 1 } });
    expect(listener.missing('video')).toBe(0);
    expect(listener.missing('audio')).toBe(0);
    expect(events).toMatchObject({ failed: [], closed: [], sourceDisconnected: [] });
  });

  test('an avatar that crashes and comes back while its old tracks are still there goes on, too', async () => {
    await using scene = new Scene();
    const first = await scene.avatar();
    await scene.relay(media);
    const viewer = await scene.viewer();
    const listener = await scene.listener();
    await until('the picture is there', () => viewer.frames > 5);
    first.freeze();
    await sleep(500);
    await scene.avatar();
    const { frames, audioFrames } = viewer;
    await until('the picture goes on', () => viewer.frames > frames + 20);
    await until('the sound goes on', () => viewer.audioFrames > audioFrames + 100);
    expect(viewer.unsubscribed).toEqual([]);
    expect(listener.missing('video')).toBe(0);
    expect(listener.missing('audio')).toBe(0);
  });

  test('media that stops is told, unless the avatar muted it; the stage is muted with it', async () => {
    await using scene = new Scene();
    const avatar = await scene.avatar();
    const { relay, events } = await scene.relay(media);
    await until('media flows', () => events.firstFrame.length === 2);
    avatar.audio.setMuted(true);
    await until('the mute has come', async () => (await relay.stats()).audio?.muted === true);
    avatar.paused = true;
    await until('the stall is told', () => events.mediaStalled.length > 0);
    avatar.paused = false;
    await until('the return is told', () => events.mediaResumed.length > 0);
    expect(events.mediaStalled).toMatchObject([{ kind: 'video' }]);
    expect(events.mediaResumed).toMatchObject([{ kind: 'video' }]);
    expect(events.mediaResumed[0]!.gapMs).toBeGreaterThan(1000);
    expect(events.mediaResumed[0]!.gapMs).toBeGreaterThanOrEqual(events.mediaStalled[0]!.sinceMs);
    const viewer = await scene.viewer();
    const muted = (): boolean =>
      [...viewer.participant(RELAY)!.trackPublications.values()].some(
        (track) => track.name === 'avatar-audio' && track.muted === true,
      );
    await until('the viewer is there', () => viewer.participant(RELAY) !== undefined);
    expect(muted()).toBe(true);
    avatar.audio.setMuted(false);
    await until('the stage is unmuted', () => !muted());
  });
});

describe('rtp only', () => {
  const media = createMediaRelay({ engine: 'rtp', hosts: 1 });
  afterAll(() => media.close());

  test('on the stage no number is missing, and voice and picture are as far apart as in the vendor room', async () => {
    await using scene = new Scene();
    await scene.avatar();
    await scene.relay(media);
    const listener = await scene.listener();
    const original = await scene.listener('vendor');
    for (const { reports, packets } of [listener, original]) {
      await until(
        'reports and packets have come',
        () => reports.size === 2 && packets.audio.length > 150 && packets.video.length > 100,
      );
    }
    expect(listener.missing('video')).toBe(0);
    expect(listener.missing('audio')).toBe(0);
    expect(new Set([...listener.packets.video, ...listener.packets.audio].map(({ ssrc }) => ssrc)).size).toBe(
      2,
    );
    expect(Math.abs(pictureAfterSound(original))).toBeLessThan(25);
    expect(Math.abs(pictureAfterSound(listener) - pictureAfterSound(original))).toBeLessThan(5);
  });

  test('a viewer who joins late gets a key frame, since the request goes up to the vendor', async () => {
    await using scene = new Scene();
    const avatar = await scene.avatar();
    avatar.keyFramesOnDemand = true;
    const { relay } = await scene.relay(media);
    await until('the first key frame is out', async () => ((await relay.stats()).video?.keyFrames ?? 0) > 0);
    await sleep(1500);
    const before = avatar.keyFrameRequests;
    const viewer = await scene.viewer();
    await until('the picture is there', () => viewer.frames > 5);
    expect(avatar.keyFrameRequests).toBeGreaterThan(before);
    expect((await relay.stats()).video!.plisReceived).toBeGreaterThan(0);
  });
});
