import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, inject, test } from 'vitest';
import { oldestLivekitServer } from '../../../scripts/install/livekit-server.ts';
import { OwnServer } from '../../../test/setup/own-server.ts';
import { createMediaRelay, type MediaRelay, type Relay, RetryableError } from '../src/index.ts';
import { Avatar } from './avatar.ts';
import { RELAY, Rooms } from './rooms.ts';
import { type Recorded, record, Scene, stalled } from './scene.ts';
import { until } from './until.ts';

const face = `${RELAY}-face`;
const media = createMediaRelay({ hosts: 1 });
afterAll(() => media.close());

async function joinFace(scene: Scene): Promise<Avatar> {
  const grant = { canPublish: true, canPublishData: true, canSubscribe: true };
  const token = await scene.rooms.token('stage', face, grant, 'agent');
  return scene.add(await Avatar.publish(scene.rooms.url('stage'), token));
}

async function options(rooms: Rooms) {
  const grant = { canPublish: true, canPublishData: true, canSubscribe: true, canUpdateOwnMetadata: true };
  return {
    id: rooms.name,
    source: { kind: 'stage' as const, avatarIdentity: face },
    stage: { url: rooms.url('stage'), token: await rooms.token('stage', RELAY, grant, 'agent') },
  };
}

async function start(scene: Scene, relays: MediaRelay = media): Promise<{ relay: Relay; events: Recorded }> {
  const relay = await relays.start(await options(scene.rooms));
  scene.add({ leave: () => relay.close() });
  return { relay, events: record(relay) };
}

test.concurrent('tells the first frames of an avatar that was there before, and who carries it', async () => {
  await using scene = new Scene();
  await joinFace(scene);
  const { relay, events } = await start(scene);
  await until('both first frames', () => events.firstFrame.length === 2);
  expect(events.engineChosen).toEqual([{ engine: 'direct', reason: 'default' }]);
  expect(events.firstFrame.map(({ kind }) => kind).toSorted()).toEqual(['audio', 'video']);
  await until('the picture moves', async () => ((await relay.stats()).video?.framesPerSecond ?? 0) > 20);
  expect(await relay.stats()).toMatchObject({
    engine: 'direct',
    video: { codec: 'video/h264', muted: false },
    audio: { codec: 'audio/opus' },
  });
});

test.concurrent('waits for an avatar that joins later, and gives up after the media timeout', async () => {
  await using scene = new Scene();
  const late = start(scene);
  await sleep(500);
  await joinFace(scene);
  await late;
  await using empty = new Scene();
  const nobody = media.start({ ...(await options(empty.rooms)), mediaTimeout: 500 });
  await expect(nobody).rejects.toBeInstanceOf(RetryableError);
  await expect(nobody).rejects.toMatchObject({ code: 'avatar-missing', side: 'source' });
  await until('nobody is left', async () => (await empty.rooms.participants('stage')).length === 0);
});

test.concurrent('carries captions for the avatar’s own audio track, its state, and data both ways', async () => {
  await using scene = new Scene();
  const avatar = await joinFace(scene);
  const { relay, events } = await start(scene);
  const listener = await scene.listener();
  const texts: Record<string, string>[] = [];
  listener.participant.on('textStream', ({ attributes }) => void texts.push(attributes));
  await relay.setAvatarState('speaking');
  await relay.caption({ text: 'Hello', segmentId: 'SG_1', final: true });
  await until('the caption', () => texts.length > 0);
  expect(texts[0]).toMatchObject({
    'lk.segment_id': 'SG_1',
    'lk.transcription_final': 'true',
    'lk.transcribed_track_id': avatar.audio.sid,
  });
  const own = listener.participant.remoteParticipants.get(RELAY);
  expect(own?.attributes['lk.agent.state']).toBe('speaking');
  await relay.sendToSource('{"a":1}', { topic: 'control' });
  await until('the avatar has the data', () => avatar.received.length > 0);
  expect(avatar.received[0]).toMatchObject({ topic: 'control', participantIdentity: RELAY });
  await avatar.participant.sendData(Buffer.from('from the avatar'), { topic: 'response' });
  await until('the relay has the data', () => events.data.length > 0);
  expect(events.data[0]).toEqual({
    payload: 'from the avatar',
    topic: 'response',
    participantIdentity: face,
  });
});

test.concurrent('tells when the avatar’s packets stop and go on, but not while a moderator has muted it', async () => {
  await using scene = new Scene();
  const avatar = await joinFace(scene);
  await scene.listener();
  const { events } = await start(scene);
  await until('picture and voice have come', () => events.firstFrame.length === 2);
  avatar.paused = true;
  await until('both kinds are stalled', () => events.mediaStalled.length === 2);
  avatar.paused = false;
  await until('both kinds have resumed', () => events.mediaResumed.length === 2);
  expect(events.mediaResumed.every(({ gapMs }) => gapMs >= 1_000)).toBe(true);
  const service = scene.rooms.service('stage');
  await service.mutePublishedTrack(scene.rooms.name, face, avatar.audio.sid, true);
  await until('the mute has arrived', async () => {
    const { tracks } = await service.getParticipant(scene.rooms.name, face);
    return tracks.some(({ muted }) => muted);
  });
  const before = events.mediaStalled.length;
  await sleep(2_000);
  expect(events.mediaStalled.slice(before)).toEqual([]);
});

test.concurrent('shows the last picture while the avatar is gone, and takes it off when it is back', async () => {
  await using scene = new Scene();
  const avatar = await joinFace(scene);
  const { relay, events } = await start(scene);
  const service = scene.rooms.service('stage');
  const ownTracks = async () => (await service.getParticipant(scene.rooms.name, RELAY)).tracks;
  await until('the picture is known', async () => ((await relay.stats()).video?.keyFrames ?? 0) > 0);
  expect(await ownTracks()).toEqual([]);
  await avatar.leave();
  await until('the departure is told', () => events.sourceDisconnected.length === 1);
  expect(events.sourceDisconnected).toEqual([{ reason: 'client' }]);
  await until('our picture is on the stage', async () => (await ownTracks()).length === 1);
  expect((await ownTracks())[0]!.mimeType.toLowerCase()).toBe('video/h264');
  const viewer = await scene.viewer('late');
  await until('a late viewer sees it', () => viewer.frames > 0);
  // The server ends tracks with a tiny picture of its own.
  expect([viewer.width, viewer.height]).toEqual([1280, 720]);
  await joinFace(scene);
  await until('our picture is off the stage', async () => (await ownTracks()).length === 0);
  expect(events.failed).toEqual([]);
});

test.concurrent('an audience that was there before is told as such, and its end some seconds late', async () => {
  await using scene = new Scene();
  const viewer = await scene.viewer();
  await joinFace(scene);
  const { relay, events } = await start(scene);
  await until('the audience is told', () => events.audience.length > 0);
  await viewer.leave();
  await until('its end is told', () => events.audience.length > 1);
  expect(events.audience).toEqual([{ watched: true }, { watched: false }]);
  const packets = async () => (await relay.stats()).video!.packets;
  let before = -1;
  await until('the picture is not received any more', async () => {
    const [earlier, now] = [before, await packets()];
    before = now;
    await sleep(200);
    return earlier === now;
  });
  expect(stalled(events)).toEqual([]);
  await scene.viewer('next');
  await until('the next one is told', () => events.audience.length > 2);
  await until('the picture is received again', async () => (await packets()) > before + 30);
});

test.concurrent('an avatar that is replaced under its identity goes on without a word', async () => {
  await using scene = new Scene();
  const first = await joinFace(scene);
  const { relay, events } = await start(scene);
  first.freeze();
  const second = await joinFace(scene);
  const viewer = await scene.viewer();
  await until('the second is seen', () => viewer.subscribed.includes(second.video.sid) && viewer.frames > 10);
  const { packets } = (await relay.stats()).video!;
  await until('the relay sees it, too', async () => (await relay.stats()).video!.packets > packets + 30);
  second.paused = true;
  await until('its stall is told', () => stalled(events).includes('video'));
  expect(events).toMatchObject({ sourceDisconnected: [], failed: [], closed: [] });
});

test.concurrent('an avatar whose picture is muted, and whose voice has not come yet, is on the stage all the same', async () => {
  await using scene = new Scene();
  const avatar = await joinFace(scene);
  avatar.paused = true;
  avatar.video.setMuted(true);
  const { events } = await start(scene);
  expect(events.firstFrame).toEqual([]);
  avatar.video.setMuted(false);
  avatar.paused = false;
  await until('both first frames', () => events.firstFrame.length === 2);
});

test.concurrent('without a key frame of the avatar, a picture of ours stands in for it', async () => {
  await using scene = new Scene();
  const avatar = await joinFace(scene);
  avatar.paused = true;
  avatar.video.setMuted(true);
  const { events } = await start(scene);
  await avatar.leave();
  await until('the departure is told', () => events.sourceDisconnected.length === 1);
  const viewer = await scene.viewer();
  await until('a viewer sees a picture', () => viewer.frames > 0);
  expect([viewer.width, viewer.height]).toEqual([1280, 720]);
});

test.concurrent.each(['newest', 'oldest'] as const)(
  'a stage server (%s version) that is restarted: both come back, and nobody is told of a loss',
  { timeout: 90_000 },
  async (version) => {
    const binary = version === 'oldest' ? await oldestLivekitServer() : inject('programs').livekitServer;
    const stage = await OwnServer.start(`direct-${version}`, { binary });
    await using scene = new Scene(new Rooms({ stage }));
    scene.add(stage);
    await joinFace(scene);
    const { relay, events } = await start(scene);
    await relay.setAvatarState('speaking');
    const viewer = await scene.viewer();
    await until('the viewer sees the avatar', () => viewer.frames > 10);
    await stage.kill();
    await until('the loss is told', () => events.reconnecting.length === 1);
    await stage.restart();
    await until('the relay is back', () => events.reconnected.length === 1, 30_000);
    const { packets } = (await relay.stats()).video!;
    await until(
      'it sees the avatar',
      async () => (await relay.stats()).video!.packets > packets + 30,
      30_000,
    );
    const service = scene.rooms.service('stage');
    await until('no picture of ours is in the way', async () => {
      const { tracks, attributes } = await service.getParticipant(scene.rooms.name, RELAY);
      return tracks.length === 0 && attributes['lk.agent.state'] === 'speaking';
    });
    expect(events).toMatchObject({ sourceDisconnected: [], failed: [], closed: [] });
    expect(stalled(events)).toEqual([]);
    const late = await scene.viewer('late');
    await until('a viewer sees and hears the avatar', () => late.frames > 10 && late.loudest > 500);
  },
);

test.concurrent('the next owner’s relay takes the place of the first one, and the avatar stays', async () => {
  await using scene = new Scene();
  await joinFace(scene);
  const { events } = await start(scene);
  await start(scene);
  await until('the first relay is closed', () => events.closed.length === 1);
  expect(events.stageDisconnected).toEqual([{ reason: 'duplicate-identity' }]);
  expect(await scene.rooms.participants('stage')).toContain(face);
});

test.concurrent('goes on on another host when its own dies', async () => {
  await using scene = new Scene();
  await using relays = createMediaRelay({ hosts: 1 });
  await joinFace(scene);
  const { events } = await start(scene, relays);
  process.kill(relays.hosts[0]!.pid!, 'SIGKILL');
  await until('the relay is back', () => events.restarted.length === 1);
  await until('media is told to have resumed', () => events.mediaResumed.length === 2);
  expect(events.failed).toEqual([]);
});
