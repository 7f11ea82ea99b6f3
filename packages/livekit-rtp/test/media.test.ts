import { dispose, Room, VideoCodec } from '@livekit/rtc-node';
import { afterAll, describe, expect, test } from 'vitest';
import {
  buildPli,
  isRtcp,
  parseRtcp,
  parseRtpHeader,
  startsH264KeyFrame,
  startsVp8KeyFrame,
} from '../src/index.ts';
import { TerminalError, type Codec, type RtcpPacket, type SubscribedTrack } from '../src/index.ts';
import { decode, publishTone, publishVideo } from './rtc-node.ts';
import {
  camera,
  feed,
  H264,
  join,
  joinRtc,
  microphone,
  next,
  OPUS,
  roomName,
  until,
  VP8,
} from './support.ts';

afterAll(() => dispose());

type Received = {
  track: SubscribedTrack;
  packets: Map<string, number>;
  ssrcs: Set<number>;
  keyFrames: number;
  rtcp: RtcpPacket[];
};

/** Counts the packets of each subscribed track by codec. */
function counting(received: Received[]): (track: SubscribedTrack) => void {
  return (track) => {
    const counts: Received = { track, packets: new Map(), ssrcs: new Set(), keyFrames: 0, rtcp: [] };
    received.push(counts);
    track.onPacket = (packet) => {
      if (isRtcp(packet)) return void counts.rtcp.push(...parseRtcp(packet));
      const header = parseRtpHeader(packet)!;
      const mimeType =
        track.codecs.find(({ payloadType }) => payloadType === header.payloadType)?.mimeType ?? 'unknown';
      counts.packets.set(mimeType, (counts.packets.get(mimeType) ?? 0) + 1);
      if (mimeType === 'video/rtx') return;
      counts.ssrcs.add(header.ssrc);
      const payload = packet.subarray(header.headerLength, packet.length - header.paddingLength);
      if (mimeType === 'video/H264' && startsH264KeyFrame(payload)) counts.keyFrames++;
      if (mimeType === 'video/VP8' && startsVp8KeyFrame(payload)) counts.keyFrames++;
    };
  };
}

const packetsOf = (received: Received[], sid: string, { mimeType }: Codec): number =>
  received.findLast(({ track }) => track.sid === sid)?.packets.get(mimeType) ?? 0;

describe('publishing', () => {
  test('H264 and opus, published one after the other, are decoded by another SDK', async () => {
    const room = roomName();
    const viewer = new Room();
    const decoded = decode(viewer);
    await joinRtc(viewer, room, 'viewer');
    const avatar = await join(room, 'avatar', { autoSubscribe: false });
    const voice = await avatar.publishTrack(microphone);
    feed(voice);
    const picture = await avatar.publishTrack(camera);
    feed(picture);
    await until(() => (decoded.video.get(picture.sid) ?? 0) >= 30, '30 frames are decoded');
    await until(() => (decoded.loudAudio.get(voice.sid) ?? 0) >= 100, 'a second of sound is decoded');
    expect([...decoded.sizes]).toEqual(['160x88']);
    expect(voice.dropped + picture.dropped).toBe(0);
    const names = new Set(
      [...viewer.remoteParticipants.get('avatar')!.trackPublications.values()].map(({ name }) => name),
    );
    expect(names).toEqual(new Set(['picture', 'voice']));
  });

  test('VP8 is decoded by another SDK, also on a connection that sent H264 before', async () => {
    const room = roomName();
    const viewer = new Room();
    const decoded = decode(viewer);
    await joinRtc(viewer, room, 'viewer');
    const avatar = await join(room, 'avatar', { autoSubscribe: false });
    const first = await avatar.publishTrack(camera);
    const stop = feed(first);
    await until(() => (decoded.video.get(first.sid) ?? 0) >= 10, 'H264 is decoded');
    stop();
    await first.unpublish('other codec');
    expect(first.closed).toBe(true);
    expect(first.send(Buffer.alloc(20))).toBe(false);
    const second = await avatar.publishTrack({ ...camera, codec: VP8 });
    feed(second);
    await until(() => (decoded.video.get(second.sid) ?? 0) >= 30, '30 frames of VP8 are decoded');
  });

  test('tracks that are published at the same time are all negotiated', async () => {
    const room = roomName();
    const received: Received[] = [];
    await join(room, 'viewer', { listeners: { trackSubscribed: counting(received) } });
    const avatar = await join(room, 'avatar');
    const screen = { ...camera, name: 'screen', source: 'screen' as const, codec: VP8 };
    const tracks = await Promise.all([
      avatar.publishTrack(microphone),
      avatar.publishTrack(camera),
      avatar.publishTrack(screen),
    ]);
    for (const track of tracks) feed(track);
    expect(new Set(tracks.map(({ sid }) => sid)).size).toBe(3);
    await until(
      () => tracks.every(({ sid, codec }) => packetsOf(received, sid, codec) >= 20),
      'packets of all three arrive',
    );
  });

  test("the server's RTCP comes to the track: a key frame is asked for when somebody subscribes", async () => {
    const room = roomName();
    const avatar = await join(room, 'avatar');
    const picture = await avatar.publishTrack(camera);
    const voice = await avatar.publishTrack(microphone);
    const parts: RtcpPacket[] = [];
    picture.onRtcp = (packet) => void parts.push(...parseRtcp(packet));
    feed(picture);
    feed(voice);
    await join(room, 'viewer');
    await until(
      () => parts.some((part) => part.type === 'pli' && part.mediaSsrc === picture.ssrc),
      'a PLI comes',
    );
    await until(
      () =>
        parts.some((part) => part.type === 'rr' && part.reports.some(({ ssrc }) => ssrc === picture.ssrc)),
      'a receiver report comes',
    );
    expect(voice.ssrc).not.toBe(picture.ssrc);
  });

  test('muting and unmuting is told to the room', async () => {
    const room = roomName();
    const viewer = await join(room, 'viewer');
    const avatar = await join(room, 'avatar');
    const published = next(viewer, 'trackPublished');
    const voice = await avatar.publishTrack(microphone);
    expect((await published)[0]).toMatchObject({
      sid: voice.sid,
      name: 'voice',
      kind: 'audio',
      source: 'microphone',
      muted: false,
    });
    for (const muted of [true, false]) {
      const heard = next(viewer, 'trackMuted');
      voice.setMuted(muted);
      expect(await heard).toMatchObject([{ sid: voice.sid, muted }, { identity: 'avatar' }, muted]);
    }
  });

  test('a token without the right to publish, and a codec the server refuses, fail terminally', async () => {
    const room = roomName();
    const watcher = await join(room, 'watcher', { grant: { canPublish: false } });
    await expect(watcher.publishTrack(microphone)).rejects.toMatchObject({
      name: 'TerminalError',
      code: 'forbidden',
    });
    const avatar = await join(room, 'avatar');
    const exotic = { mimeType: 'audio/iSAC', payloadType: 103, clockRate: 16_000 };
    await expect(avatar.publishTrack({ ...microphone, codec: exotic })).rejects.toMatchObject({
      code: 'unsupported-codec',
    });
    await expect(avatar.publishTrack({ ...microphone, codec: H264 })).rejects.toBeInstanceOf(TerminalError);
    feed(await avatar.publishTrack({ ...microphone, codec: OPUS }));
  });

  test('an aborted publication is cancelled and leaves nothing in the room', async () => {
    const room = roomName();
    const avatar = await join(room, 'avatar');
    const controller = new AbortController();
    const cancelled = avatar.publishTrack({ ...camera, signal: controller.signal });
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ name: 'CancelledError' });
    const voice = await avatar.publishTrack(microphone);
    feed(voice);
    const viewer = await join(room, 'viewer');
    await until(
      () => viewer.remoteParticipants.get('avatar')?.tracks.length === 1,
      'only the voice is there',
    );
  });
});

describe('subscribing', () => {
  test('H264 and opus of another SDK arrive as RTP with sender reports', async () => {
    const room = roomName();
    const received: Received[] = [];
    await join(room, 'relay', { listeners: { trackSubscribed: counting(received) } });
    const avatar = new Room();
    await joinRtc(avatar, room, 'avatar');
    const picture = await publishVideo(avatar, VideoCodec.H264);
    const voice = await publishTone(avatar);
    await until(
      () => packetsOf(received, picture.sid, H264) >= 30 && packetsOf(received, voice, OPUS) >= 50,
      'packets arrive',
    );
    const video = received.find(({ track }) => track.sid === picture.sid)!;
    expect(video.track).toMatchObject({ kind: 'video', participantIdentity: 'avatar', closed: false });
    expect(video.track.info).toMatchObject({ name: 'picture', source: 'camera', mimeType: 'video/H264' });
    expect(video.ssrcs.size).toBe(1);
    expect(video.packets.has('unknown')).toBe(false);
    await until(
      () => video.rtcp.some((part) => part.type === 'sr' && video.ssrcs.has(part.ssrc)),
      'a sender report comes',
    );
  });

  test('a PLI to the server brings a key frame', async () => {
    const room = roomName();
    const received: Received[] = [];
    await join(room, 'relay', { listeners: { trackSubscribed: counting(received) } });
    const avatar = new Room();
    await joinRtc(avatar, room, 'avatar');
    const { sid } = await publishVideo(avatar, VideoCodec.VP8);
    await until(() => packetsOf(received, sid, VP8) >= 30, 'packets arrive');
    const [{ track, ssrcs, keyFrames: before }] = received as [Received];
    await until(
      () => track.sendRtcp(buildPli(1, [...ssrcs][0]!)) && received[0]!.keyFrames > before,
      'another key frame comes',
    );
    expect(ssrcs.size).toBe(1);
  });

  test('a track with redundant audio arrives as plain opus', async () => {
    const room = roomName();
    const received: Received[] = [];
    await join(room, 'relay', { listeners: { trackSubscribed: counting(received) } });
    const avatar = new Room();
    await joinRtc(avatar, room, 'avatar');
    const sid = await publishTone(avatar, { red: true });
    await until(() => packetsOf(received, sid, OPUS) >= 50, 'packets arrive');
    expect([...received[0]!.packets.keys()]).toEqual(['audio/opus']);
  });

  test('a track that leaves and comes back is another subscription with its own packets', async () => {
    const room = roomName();
    const received: Received[] = [];
    const relay = await join(room, 'relay', { listeners: { trackSubscribed: counting(received) } });
    const avatar = new Room();
    await joinRtc(avatar, room, 'avatar');
    for (let round = 0; round < 3; round++) {
      const picture = await publishVideo(avatar, round === 1 ? VideoCodec.VP8 : VideoCodec.H264);
      await until(
        () => packetsOf(received, picture.sid, round === 1 ? VP8 : H264) >= 20,
        `packets arrive in round ${round}`,
      );
      const gone = next(relay, 'trackUnsubscribed', ({ sid }) => sid === picture.sid);
      await picture.unpublish();
      const [track] = await gone;
      expect(track.closed).toBe(true);
      expect(track.sendRtcp(buildPli(1, 2))).toBe(false);
      expect(track.info.sid).toBe(picture.sid);
    }
    expect(received.length).toBe(3);
    expect(new Set(received.flatMap(({ ssrcs }) => Array.from(ssrcs))).size).toBe(3);
  });

  test('a publisher who leaves and joins again is subscribed again', async () => {
    const room = roomName();
    const received: Received[] = [];
    const relay = await join(room, 'relay', { listeners: { trackSubscribed: counting(received) } });
    for (let round = 0; round < 2; round++) {
      const avatar = await join(room, 'avatar');
      const [voice, picture] = [await avatar.publishTrack(microphone), await avatar.publishTrack(camera)];
      feed(voice);
      feed(picture);
      await until(
        () => packetsOf(received, picture.sid, H264) >= 20 && packetsOf(received, voice.sid, OPUS) >= 20,
        'packets arrive',
      );
      const left = next(relay, 'participantLeft', ({ identity }) => identity === 'avatar');
      await avatar.close();
      expect((await left)[1]).toBe('client');
    }
    expect(received.length).toBe(4);
    expect(received.every(({ track }) => track.closed)).toBe(true);
  });

  test('a publisher who is replaced under the same identity is subscribed again, and the packets never mix', async () => {
    const room = roomName();
    const received: Received[] = [];
    await join(room, 'relay', { listeners: { trackSubscribed: counting(received) } });
    const crashed = await join(room, 'avatar');
    const [oldVoice, oldPicture] = [
      await crashed.publishTrack(microphone),
      await crashed.publishTrack(camera),
    ];
    feed(oldVoice);
    feed(oldPicture);
    await until(() => packetsOf(received, oldPicture.sid, H264) >= 20, 'packets of the old one arrive');
    const successor = await join(room, 'avatar');
    const [voice, picture] = [await successor.publishTrack(microphone), await successor.publishTrack(camera)];
    feed(voice);
    feed(picture);
    await until(
      () => packetsOf(received, picture.sid, H264) >= 20 && packetsOf(received, voice.sid, OPUS) >= 20,
      'packets of the new one arrive',
    );
    expect(received.length).toBe(4);
    expect(received.map(({ track }) => track.closed)).toEqual([true, true, false, false]);
    expect(received.every(({ ssrcs }) => ssrcs.size === 1)).toBe(true);
  });

  test('a publisher who is replaced while we join is received, although its first m-lines were offered empty', async () => {
    for (const delay of [2, 5, 9]) {
      const room = roomName();
      const crashed = await join(room, 'avatar');
      for (const track of await Promise.all([crashed.publishTrack(microphone), crashed.publishTrack(camera)]))
        feed(track);
      const received: Received[] = [];
      const joining = join(room, 'relay', { listeners: { trackSubscribed: counting(received) } });
      await new Promise((resolve) => setTimeout(resolve, delay));
      const successor = await join(room, 'avatar');
      const [voice, picture] = await Promise.all([
        successor.publishTrack(microphone),
        successor.publishTrack(camera),
      ]);
      feed(voice);
      feed(picture);
      await joining;
      await until(
        () => packetsOf(received, picture.sid, H264) >= 20 && packetsOf(received, voice.sid, OPUS) >= 20,
        'packets arrive',
      );
      expect(received.filter(({ track }) => !track.closed)).toHaveLength(2);
    }
  });

  test('the publisher is told whether somebody watches', async () => {
    const room = roomName();
    const watched = new Map<string, boolean>();
    const avatar = await join(room, 'avatar', {
      listeners: { audience: ({ trackSid, watched: now }) => watched.set(trackSid, now) },
    });
    const picture = await avatar.publishTrack(camera);
    feed(picture);
    const viewer = await join(room, 'viewer');
    await until(() => watched.get(picture.sid) === true, 'somebody watches');
    await viewer.close();
    await until(() => watched.get(picture.sid) === false, 'nobody watches any more');
    expect([...watched.keys()]).toEqual([picture.sid]);
  });

  test('a disabled track sends nothing until it is enabled again', async () => {
    const room = roomName();
    const received: Received[] = [];
    await join(room, 'relay', { listeners: { trackSubscribed: counting(received) } });
    const avatar = await join(room, 'avatar');
    const voice = await avatar.publishTrack(microphone);
    feed(voice);
    await until(() => packetsOf(received, voice.sid, OPUS) >= 10, 'packets arrive');
    const { track } = received[0]!;
    track.setEnabled(false);
    await until(async () => {
      const before = packetsOf(received, voice.sid, OPUS);
      await new Promise((resolve) => setTimeout(resolve, 300));
      return packetsOf(received, voice.sid, OPUS) === before;
    }, 'the packets stop');
    const stopped = packetsOf(received, voice.sid, OPUS);
    track.setEnabled(true);
    await until(() => packetsOf(received, voice.sid, OPUS) > stopped + 10, 'the packets come again');
    expect(track.closed).toBe(false);
  });

  test('without autoSubscribe nothing comes, but the room is known', async () => {
    const room = roomName();
    const received: Received[] = [];
    const watcher = await join(room, 'watcher', {
      autoSubscribe: false,
      listeners: { trackSubscribed: counting(received) },
    });
    const avatar = await join(room, 'avatar');
    const published = next(watcher, 'trackPublished');
    feed(await avatar.publishTrack(microphone));
    expect((await published)[1].identity).toBe('avatar');
    await until(() => watcher.remoteParticipants.get('avatar')?.tracks.length === 1, 'the track is known');
    expect(received).toEqual([]);
  });
});
