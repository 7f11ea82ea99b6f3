import { once } from 'node:events';
import { RtpParticipant } from '@avatar-bridge/livekit-rtp';
import { afterAll, describe, expect, test } from 'vitest';
import { CancelledError, createMediaRelay, RetryableError, TerminalError } from '../src/index.ts';
import type { Relay, RelayError } from '../src/index.ts';
import { AVATAR, RELAY } from './rooms.ts';
import { record, Scene } from './scene.ts';
import { until } from './until.ts';

describe.each(['rtp', 'transcode'] as const)('%s', (engine) => {
  const media = createMediaRelay({ engine, hosts: 1 });
  afterAll(() => media.close());

  test('data goes from the vendor room to the worker and back', async () => {
    await using scene = new Scene();
    const avatar = await scene.avatar();
    const { relay, events } = await scene.relay(media);
    await avatar.participant.sendData(Buffer.from('{"type":"avatar_start_talking","ü":1}'), {
      topic: 'events',
    });
    await avatar.participant.sendData(Buffer.from('plain'));
    await until('the data is there', () => events.data.length === 2);
    expect(events.data).toEqual([
      { payload: '{"type":"avatar_start_talking","ü":1}', topic: 'events', participantIdentity: AVATAR },
      { payload: 'plain', participantIdentity: AVATAR },
    ]);
    await relay.sendToSource('hello, avatar', { topic: 'command' });
    await until('the avatar has it', () => avatar.received.length === 1);
    expect(avatar.received[0]).toMatchObject({
      topic: 'command',
      participantIdentity: 'client',
      reliable: true,
    });
    expect(avatar.received[0]!.payload.toString()).toBe('hello, avatar');
  });

  test('data of somebody on the stage comes to the worker', async () => {
    await using scene = new Scene();
    await scene.avatar();
    const { events } = await scene.relay(media);
    await using client = await RtpParticipant.connect({
      url: scene.rooms.url('stage'),
      token: await scene.rooms.token('stage', 'client', { canPublishData: true }),
    });
    await client.sendData(Buffer.from('"Good morning"'));
    await client.sendData(Buffer.from('{}'), { topic: 'command' });
    await until('the data is there', () => events.stageData.length === 2);
    const from = engine === 'rtp' && { participantIdentity: 'client' };
    expect(events.stageData).toEqual([
      { payload: '"Good morning"', ...from },
      { payload: '{}', topic: 'command', ...from },
    ]);
    expect(events.data).toEqual([]);
  });

  test('viewers get captions as text streams, the state as an attribute and events as data', async () => {
    await using scene = new Scene();
    await scene.avatar();
    const { relay } = await scene.relay(media);
    const viewer = await scene.viewer();
    await until(
      'the viewer sees the relay',
      () => viewer.participant(RELAY) !== undefined && viewer.subscribed.length === 2,
    );
    const long = 'Ein sehr langer Satz — '.repeat(1500);
    await relay.caption({ text: 'Hello', segmentId: 'SG_1', final: false });
    await relay.caption({ text: 'Hello there.', segmentId: 'SG_1', final: true });
    await relay.caption({ text: long, segmentId: 'SG_2', final: true });
    await relay.sendToStage('{"event":"message.speaking"}', { topic: 'avatar-bridge.event' });
    await relay.setAvatarState('speaking');
    await until('all has come', () => viewer.captions.length === 3 && viewer.data.length === 1);
    const audio = [...viewer.participant(RELAY)!.trackPublications.values()].find(
      (track) => track.name === 'avatar-audio',
    )!;
    const attributes = (segment: string, final: string) => ({
      'lk.segment_id': segment,
      'lk.transcription_final': final,
      'lk.transcribed_track_id': audio.sid,
    });
    expect(viewer.captions).toEqual([
      { text: 'Hello', attributes: attributes('SG_1', 'false'), from: RELAY },
      { text: 'Hello there.', attributes: attributes('SG_1', 'true'), from: RELAY },
      { text: long, attributes: attributes('SG_2', 'true'), from: RELAY },
    ]);
    expect(viewer.data).toEqual([
      { payload: '{"event":"message.speaking"}', topic: 'avatar-bridge.event', from: RELAY },
    ]);
    await until(
      'the state is there',
      () => viewer.participant(RELAY)?.attributes['lk.agent.state'] === 'speaking',
    );
  });

  test('the end of the vendor room is told, and the stage keeps the avatar until close', async () => {
    await using scene = new Scene();
    await scene.avatar();
    const { relay, events } = await scene.relay(media);
    await scene.rooms.service('vendor').deleteRoom(scene.rooms.name);
    await until('it is told', () => events.sourceDisconnected.length === 1);
    expect(events.sourceDisconnected).toEqual([{ reason: 'room-deleted' }]);
    await expect(relay.sendToSource('anybody?')).rejects.toMatchObject({
      name: 'RetryableError',
      code: 'disconnected',
      side: 'source',
    });
    expect(await scene.rooms.participants('stage')).toEqual([RELAY]);
    await relay.caption({ text: 'still here', segmentId: 'SG_1', final: true });
    await relay.close('done');
    await until('nobody is left', async () => (await scene.rooms.participants('stage')).length === 0);
    expect(events).toMatchObject({ closed: [{ reason: 'done' }], failed: [] });
  });

  test('a second relay of the same session takes the stage over from the first', async () => {
    await using scene = new Scene();
    await scene.avatar();
    const first = await scene.relay(media);
    const options = await scene.rooms.relayOptions();
    options.source.token = await scene.rooms.token('vendor', 'another-client');
    const second = await media.start(options);
    const events = record(second);
    await until('the first is closed', () => first.events.closed.length === 1);
    expect(first.events.stageDisconnected).toEqual([{ reason: 'duplicate-identity' }]);
    expect(first.events.closed).toEqual([{ reason: 'stage-disconnected' }]);
    await until('the second relays', () => events.firstFrame.length === 2);
    expect(await scene.rooms.participants('stage')).toEqual([RELAY]);
    await second.close();
  });

  test('close leaves nobody behind, is idempotent, and calls afterwards are refused', async () => {
    await using scene = new Scene();
    await scene.avatar();
    const { relay, events } = await scene.relay(media);
    const call = relay.stats();
    await Promise.all([relay.close('first'), relay.close('second')]);
    await relay.close();
    expect(events.closed).toEqual([{ reason: 'first' }]);
    expect(await call).toHaveProperty('id', scene.rooms.name);
    await expect(relay.stats()).rejects.toBeInstanceOf(CancelledError);
    await until('nobody is left', async () => (await scene.rooms.participants('stage')).length === 0);
    expect(await scene.rooms.participants('vendor')).toEqual([AVATAR]);
  });

  test.each(['source', 'stage'] as const)(
    'a refused %s token ends the start for good, and nobody is left in the other room',
    async (side) => {
      await using scene = new Scene();
      await scene.avatar();
      const options = await scene.rooms.relayOptions();
      options[side].token = `${options[side].token.slice(0, -4)}xxxx`;
      const start = media.start(options);
      await expect(start).rejects.toBeInstanceOf(TerminalError);
      await expect(start).rejects.toMatchObject({ code: 'unauthorized', side });
      await until(
        'nobody is left on the stage',
        async () => (await scene.rooms.participants('stage')).length === 0,
      );
      await until(
        'the avatar is alone',
        async () => (await scene.rooms.participants('vendor')).join() === AVATAR,
      );
    },
  );

  test('a start without an avatar gives up in time', async () => {
    await using scene = new Scene();
    const start = media.start({ ...(await scene.rooms.relayOptions()), mediaTimeout: 1500 });
    await expect(start).rejects.toBeInstanceOf(RetryableError);
    await expect(start).rejects.toMatchObject({
      code: 'media-timeout',
      message: 'source: no video and no audio within 1500 ms',
    });
    expect(await scene.rooms.participants('stage')).toEqual([]);
  });

  test('a start waits for the companions of the avatar', async () => {
    await using scene = new Scene();
    await scene.avatar();
    const options = await scene.rooms.relayOptions();
    let started = false;
    const start = media.start({ ...options, source: { ...options.source, companions: ['agent'] } });
    void start.then(() => (started = true));
    const stage = await scene.viewer();
    await until('the avatar is seen', () => stage.frames > 0 && stage.audioFrames > 0);
    expect(started).toBe(false);
    await using agent = await RtpParticipant.connect({
      url: scene.rooms.url('vendor'),
      token: await scene.rooms.token('vendor', 'agent'),
    });
    await using relay = await start;
    const received = once(agent, 'data');
    await relay.sendToSource('{}');
    const [data] = await received;
    expect(data).toMatchObject({ participantIdentity: 'client' });
  });

  test('a companion that does not come in time is named', async () => {
    await using scene = new Scene();
    await scene.avatar();
    const options = await scene.rooms.relayOptions();
    const source = { ...options.source, companions: [AVATAR, 'agent', 'clerk'] };
    await expect(media.start({ ...options, source, mediaTimeout: 2500 })).rejects.toMatchObject({
      name: 'RetryableError',
      code: 'companion-missing',
      message: 'source: agent and clerk did not join within 2500 ms',
      side: 'source',
    });
    expect(await scene.rooms.participants('stage')).toEqual([]);
  });

  test('an avatar whose tracks stay silent fails the relay in time', async () => {
    await using scene = new Scene();
    const avatar = await scene.avatar();
    avatar.paused = true;
    const options = { ...(await scene.rooms.relayOptions()), mediaTimeout: 2500 };
    // `rtp` has the tracks on the stage already, `transcode` puts them there with the first picture.
    const code = await media.start(options).then(codeOfFailure, (error: RelayError) => error.code);
    expect(code).toBe('media-timeout');
    expect(await scene.rooms.participants('stage')).toEqual([]);
  });

  test('a start that is cancelled leaves nobody behind', async () => {
    await using scene = new Scene();
    const controller = new AbortController();
    const start = media.start(await scene.rooms.relayOptions(), controller.signal);
    await until(
      'the relay is on the stage',
      async () => (await scene.rooms.participants('stage')).length === 1,
    );
    controller.abort();
    await expect(start).rejects.toBeInstanceOf(CancelledError);
    expect(await scene.rooms.participants('stage')).toEqual([]);
    await expect(media.start(await scene.rooms.relayOptions(), controller.signal)).rejects.toBeInstanceOf(
      CancelledError,
    );
  });

  test('the stage server taking a track away ends the relay', async () => {
    await using scene = new Scene();
    await scene.avatar();
    const { events } = await scene.relay(media);
    await scene.rooms.service('stage').removeParticipant(scene.rooms.name, RELAY);
    await until('it is told', () => events.closed.length === 1);
    expect(events.stageDisconnected).toEqual([{ reason: 'participant-removed' }]);
  });

  test('a stage whose room somebody deletes ends the relay and says so', async () => {
    await using scene = new Scene();
    await scene.avatar();
    const { events } = await scene.relay(media);
    await scene.rooms.service('stage').deleteRoom(scene.rooms.name);
    await until('it is told', () => events.closed.length === 1);
    expect(events.stageDisconnected).toEqual([{ reason: 'room-deleted' }]);
  });

  test('somebody else in the vendor room is not relayed', async () => {
    await using scene = new Scene();
    const stranger = await RtpParticipant.connect({
      url: scene.rooms.url('vendor'),
      token: await scene.rooms.token('vendor', 'stranger'),
    });
    const codec = { mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 };
    await stranger.publishTrack({ kind: 'video', name: 'video', source: 'camera', codec });
    await scene.avatar();
    const { relay } = await scene.relay(media);
    expect(await relay.stats()).toMatchObject({ video: { codec: 'video/h264' } });
    await stranger.close();
  });
});

async function codeOfFailure(relay: Relay): Promise<string | undefined> {
  const events = record(relay);
  await until('it is told', () => events.closed.length === 1);
  return events.failed[0]?.code;
}
