import { dispose, Room, RoomEvent } from '@livekit/rtc-node';
import { DataPacket_Kind } from 'livekit-server-sdk';
import { afterAll, describe, expect, test } from 'vitest';
import type { ReceivedData, ReceivedText, Speaker } from '../src/index.ts';
import { publishTone } from './rtc-node.ts';
import { feed, join, joinRtc, microphone, next, roomName, rooms, until } from './support.ts';

afterAll(() => dispose());

describe('data packets', () => {
  test("reach another SDK with topic and sender, and another SDK's reach us", async () => {
    const room = roomName();
    const peer = new Room();
    const heard: { text: string; topic?: string; identity?: string }[] = [];
    peer.on(RoomEvent.DataReceived, (payload, participant, _kind, topic) => {
      heard.push({ text: Buffer.from(payload).toString(), topic, identity: participant?.identity });
    });
    await joinRtc(peer, room, 'peer');
    const received: ReceivedData[] = [];
    const avatar = await join(room, 'avatar', { listeners: { data: (data) => received.push(data) } });
    await until(() => peer.remoteParticipants.has('avatar'), 'the peer knows us');
    await avatar.sendData(Buffer.from('hello'), { topic: 'events' });
    await avatar.sendData(Buffer.from('to you'), { destinationIdentities: ['peer'] });
    await until(() => heard.length === 2, 'the peer hears both');
    expect(heard).toEqual([
      { text: 'hello', topic: 'events', identity: 'avatar' },
      { text: 'to you', topic: undefined, identity: 'avatar' },
    ]);
    await peer.localParticipant!.publishData(Buffer.from('answer'), { reliable: true, topic: 'commands' });
    await peer.localParticipant!.publishData(Buffer.from('quick'), { reliable: false });
    await until(() => received.length === 2, 'we hear both');
    expect(received).toEqual([
      { payload: Buffer.from('answer'), topic: 'commands', participantIdentity: 'peer', reliable: true },
      { payload: Buffer.from('quick'), topic: undefined, participantIdentity: 'peer', reliable: false },
    ]);
  });

  test('keep their order, and senders wait while much is queued', async () => {
    const room = roomName();
    const numbers: number[] = [];
    await join(room, 'listener', {
      listeners: { data: ({ payload }) => numbers.push(payload.readUInt32BE(0)) },
    });
    const sender = await join(room, 'sender');
    const count = 400;
    await Promise.all(
      Array.from({ length: count }, (_, index) => {
        const payload = Buffer.alloc(10_000);
        payload.writeUInt32BE(index, 0);
        return sender.sendData(payload);
      }),
    );
    await until(() => numbers.length === count, 'all arrive');
    expect(numbers).toEqual(Array.from({ length: count }, (_, index) => index));
  });

  test('reach everybody who has just joined, each once', async () => {
    const room = roomName();
    const sender = await join(room, 'sender');
    for (let round = 0; round < 10; round++) {
      const heard: string[] = [];
      const listener = await join(room, `listener-${round}`, {
        listeners: { data: ({ payload }) => heard.push(payload.toString()) },
      });
      await sender.sendData(Buffer.from(`first ${round}`));
      await sender.sendData(Buffer.from(`second ${round}`));
      await until(() => heard.includes(`second ${round}`), 'both arrive');
      expect(heard.filter((text) => text.endsWith(` ${round}`))).toEqual([
        `first ${round}`,
        `second ${round}`,
      ]);
      await listener.close();
    }
  });

  test("come from a server's API without a sender", async () => {
    const room = roomName();
    const listener = await join(room, 'listener');
    const heard = next(listener, 'data');
    await rooms().sendData(room, Buffer.from('from above'), DataPacket_Kind.RELIABLE, { topic: 'admin' });
    const [data] = await heard;
    expect(data).toMatchObject({ topic: 'admin', participantIdentity: undefined });
    expect(data.payload.toString()).toBe('from above');
  });

  test('work for participants that may only send data, or only subscribe', async () => {
    const room = roomName();
    const mute = await join(room, 'mute', {
      grant: { canPublish: false, canPublishData: true, canSubscribe: false },
    });
    const deaf = await join(room, 'deaf', { grant: { canPublish: false, canPublishData: false } });
    const heard = next(deaf, 'data');
    await mute.sendData(Buffer.from('x'));
    expect((await heard)[0].participantIdentity).toBe('mute');
    const answered = next(mute, 'data');
    const other = await join(room, 'other');
    await other.sendData(Buffer.from('y'));
    expect((await answered)[0].participantIdentity).toBe('other');
    await expect(deaf.sendData(Buffer.from('z'))).rejects.toMatchObject({
      name: 'TerminalError',
      code: 'forbidden',
    });
    const quiet = await join(room, 'quiet', { grant: { canPublish: false, canPublishData: false } });
    const told = next(quiet, 'data');
    await other.sendData(Buffer.from('w'));
    expect((await told)[0].payload.toString()).toBe('w');
  });

  test('that are larger than the channel takes are refused, and later ones still go', async () => {
    const room = roomName();
    const listener = await join(room, 'listener');
    const sender = await join(room, 'sender');
    const heard = next(listener, 'data');
    await expect(sender.sendData(Buffer.alloc(1_000_000))).rejects.toMatchObject({
      name: 'TerminalError',
      code: 'payload-too-large',
    });
    await sender.sendData(Buffer.alloc(60_000, 1));
    expect((await heard)[0].payload.length).toBe(60_000);
  });
});

describe('text streams', () => {
  test("reach another SDK's handler with attributes, whole, in any length", async () => {
    const room = roomName();
    const peer = new Room();
    const heard: {
      text: string;
      id: string;
      topic: string;
      attributes?: Record<string, string>;
      identity: string;
    }[] = [];
    peer.registerTextStreamHandler('lk.transcription', (reader, { identity }) => {
      const { streamId, topic, attributes } = reader.info;
      void reader.readAll().then((text) => heard.push({ text, id: streamId, topic, attributes, identity }));
    });
    await joinRtc(peer, room, 'peer');
    const avatar = await join(room, 'avatar');
    const long = 'Zwölf Boxkämpfer 🥊 '.repeat(3_000);
    await avatar.sendText('Hello', {
      topic: 'lk.transcription',
      streamId: 'one',
      attributes: { 'lk.segment_id': 's1' },
    });
    await avatar.sendText(long, { topic: 'lk.transcription' });
    await avatar.sendText('', { topic: 'lk.transcription' });
    await until(() => heard.length === 3, 'all three are heard');
    const hello = heard.find(({ id }) => id === 'one');
    expect(hello).toMatchObject({ text: 'Hello', topic: 'lk.transcription', identity: 'avatar' });
    expect(hello?.attributes).toMatchObject({ 'lk.segment_id': 's1' });
    // Their texts are complete at different times.
    expect(new Set(heard.map(({ text }) => text))).toEqual(new Set(['Hello', long, '']));
  });

  test('of another SDK come whole with attributes, also those it writes bit by bit', async () => {
    const room = roomName();
    const received: ReceivedText[] = [];
    await join(room, 'bridge', { listeners: { textStream: (text) => received.push(text) } });
    const peer = new Room();
    await joinRtc(peer, room, 'peer');
    const long = 'Zwölf Boxkämpfer 🥊 '.repeat(3_000);
    await peer.localParticipant!.sendText(long, { topic: 'chat', attributes: { a: '1' } });
    const writer = await peer.localParticipant!.streamText({ topic: 'bits' });
    for (const bit of ['one ', 'two ', 'three']) await writer.write(bit);
    await writer.close();
    await until(() => received.length === 2, 'both arrive');
    expect(received[0]).toMatchObject({
      text: long,
      topic: 'chat',
      participantIdentity: 'peer',
      attributes: { a: '1' },
    });
    expect(received[1]).toMatchObject({ text: 'one two three', topic: 'bits' });
  });
});

describe('attributes', () => {
  test('are set, merged and removed, and others see it', async () => {
    const room = roomName();
    const viewer = await join(room, 'viewer');
    const avatar = await join(room, 'avatar');
    await avatar.setAttributes({ 'lk.agent.state': 'listening', other: 'x' });
    await until(
      () => viewer.remoteParticipants.get('avatar')?.attributes['lk.agent.state'] === 'listening',
      'the viewer sees it',
    );
    const updated = next(
      viewer,
      'participantUpdated',
      ({ attributes }) => attributes['lk.agent.state'] === 'speaking',
    );
    await avatar.setAttributes({ 'lk.agent.state': 'speaking', other: '' });
    expect((await updated)[0].attributes).toEqual({ 'lk.agent.state': 'speaking' });
    expect(avatar.attributes).toEqual({ 'lk.agent.state': 'speaking' });
  });

  test('are refused without the right to set them', async () => {
    const avatar = await join(roomName(), 'avatar', { grant: { canUpdateOwnMetadata: false } });
    await expect(avatar.setAttributes({ a: '1' })).rejects.toMatchObject({
      name: 'TerminalError',
      code: 'forbidden',
    });
  });
});

describe('active speakers', () => {
  test("are told by the server for another SDK's audio", async () => {
    const room = roomName();
    const speakers: Speaker[] = [];
    await join(room, 'relay', { listeners: { speakers: (changed) => speakers.push(...changed) } });
    const avatar = new Room();
    await joinRtc(avatar, room, 'avatar');
    await publishTone(avatar);
    await until(
      () => speakers.some(({ identity, active, level }) => identity === 'avatar' && active && level > 0),
      'the avatar speaks',
    );
    expect(speakers[0]).toMatchObject({ identity: 'avatar', sid: expect.stringMatching(/^PA_/) });
  });

  test('are told for our own audio, whose loudness goes with the packets, and cease with it', async () => {
    const room = roomName();
    const speakers: Speaker[] = [];
    await join(room, 'relay', { listeners: { speakers: (changed) => speakers.push(...changed) } });
    const avatar = await join(room, 'avatar');
    const voice = await avatar.publishTrack(microphone);
    expect(voice.audioLevelId).toBeGreaterThan(0);
    const stop = feed(voice);
    await until(
      () => speakers.some(({ identity, active }) => identity === 'avatar' && active),
      'the avatar speaks',
    );
    stop();
    await until(() => speakers.at(-1)?.active === false, 'the avatar is silent');
  });
});
