import { once } from 'node:events';
import { createServer } from 'node:net';
import { DisconnectReason, LeaveRequest_Action } from '@livekit/protocol';
import { dispose, Room } from '@livekit/rtc-node';
import { afterAll, describe, expect, test } from 'vitest';
import type { OwnServer } from '../../../test/setup/own-server.ts';
import type { SignalProxy } from '../../../test/setup/signal-proxy.ts';
import { parseRtcp, RtpParticipant, type PublishedTrack } from '../src/index.ts';
import { flows, listening, type Heard } from './heard.ts';
import { journal } from './journal.ts';
import { decode } from './rtc-node.ts';
import { startSignalProxy, tellToLeave } from './signal-proxy.ts';
import {
  camera,
  cleanup,
  feed,
  join,
  joinRtc,
  microphone,
  next,
  roomName,
  startOwnServer,
  token,
  until,
  VP8,
  type JoinOptions,
} from './support.ts';

afterAll(() => dispose());

const room = 'lasting';
const screen = { ...camera, name: 'screen', source: 'screen' as const, codec: VP8 };

async function joinOwn(own: OwnServer, identity: string, options: JoinOptions = {}): Promise<RtpParticipant> {
  const participant = await RtpParticipant.connect({
    url: own.url,
    token: await token(room, identity, {}, own),
    ...options,
  });
  cleanup(() => participant.close('end of test'));
  return participant;
}

describe('a server that is killed and started again', () => {
  test('is joined again: what was published, received and set is there as before', async () => {
    const own = await startOwnServer('returning');
    const heard: Heard[] = [];
    const ears = journal();
    const listener = await joinOwn(own, 'listener', {
      listeners: { ...ears.listeners, ...listening(heard) },
    });
    const mouth = journal();
    const avatar = await joinOwn(own, 'avatar', { listeners: mouth.listeners });
    await avatar.setAttributes({ mood: 'calm' });
    const voice = await avatar.publishTrack(microphone);
    const picture = await avatar.publishTrack(camera);
    const hidden = await avatar.publishTrack(screen);
    hidden.setMuted(true);
    const keyFramesAsked = new Set<string>();
    picture.onRtcp = (packet) =>
      void (parseRtcp(packet).some(({ type }) => type === 'pli') && keyFramesAsked.add(picture.sid));
    feed(voice);
    feed(picture);
    await until(() => flows(heard, 'voice') && flows(heard, 'picture'), 'packets arrive');
    const kept = (): unknown[] =>
      [voice, picture, hidden].map(({ ssrc, audioLevelId, muted }) => ({ ssrc, audioLevelId, muted }));
    const before = { sids: new Set([voice.sid, picture.sid, hidden.sid]), tracks: kept() };
    const oldSid = avatar.sid;

    await own.kill();
    await until(() => mouth.events.length > 0 && ears.events.length >= 3, 'the loss is noticed');
    expect(mouth.events).toEqual(['reconnecting signal-lost']);
    expect(ears.events[0]).toBe('reconnecting signal-lost');
    expect(ears.events).toEqual(expect.arrayContaining(['unsubscribed voice', 'unsubscribed picture']));
    expect(voice.send(Buffer.alloc(20))).toBe(false);
    const { dropped } = picture;
    await until(() => picture.dropped > dropped + 20, 'packets are dropped');
    const calls = Promise.all([
      avatar.sendData(Buffer.from('x')),
      avatar.sendText('y', { topic: 't' }),
      avatar.setAttributes({ more: '1' }),
    ]);
    const late = avatar.publishTrack({ ...microphone, name: 'late' });

    await own.restart();
    const backAt = performance.now();
    await until(() => flows(heard, 'voice') && flows(heard, 'picture'), 'packets arrive again');
    expect(performance.now() - backAt).toBeLessThan(3_000);
    expect(mouth.events).toEqual(['reconnecting signal-lost', 'reconnected']);
    expect(ears.events.at(-1)).toBe('reconnected');
    expect(heard.every(({ afterEnd }) => afterEnd === 0)).toBe(true);

    await Promise.all([calls, late]);
    const viewer = new Room();
    const decoded = decode(viewer);
    await joinRtc(viewer, room, 'viewer', own);
    const seen = (track: PublishedTrack, counts: Map<string, number>): boolean =>
      (counts.get(track.sid) ?? 0) >= 20;
    await until(
      () => seen(picture, decoded.video) && seen(voice, decoded.loudAudio),
      'picture and voice are decoded',
    );
    await until(() => keyFramesAsked.has(picture.sid), 'RTCP comes to the track');
    const { attributes, trackPublications } = viewer.remoteParticipants.get('avatar')!;
    expect(attributes).toEqual({ mood: 'calm', more: '1' });
    const publications = [...trackPublications.values()].map(
      ({ name, muted }) => `${name} ${muted ? 'muted' : 'audible'}`,
    );
    expect(publications.toSorted()).toEqual([
      'late audible',
      'picture audible',
      'screen muted',
      'voice audible',
    ]);
    expect(kept()).toEqual(before.tracks);
    expect([voice, picture, hidden].some(({ sid, closed }) => before.sids.has(sid) || closed)).toBe(false);
    expect(avatar.sid).not.toBe(oldSid);
    expect(listener.remoteParticipants.get('avatar')?.sid).toBe(avatar.sid);
  });

  test('but does not know the token any more, is given up for that', async () => {
    const own = await startOwnServer('stranger');
    const { events, listeners } = journal();
    const avatar = await joinOwn(own, 'avatar', { listeners });
    const voice = await avatar.publishTrack(microphone);
    await own.kill();
    await own.restart({ apiSecret: 'another secret of more than 32 characters' });
    await until(() => events.length === 2, 'it is given up');
    expect(events).toEqual(['reconnecting signal-lost', 'disconnected join-failure']);
    expect(voice.closed).toBe(true);
    await expect(avatar.sendData(Buffer.from('x'))).rejects.toMatchObject({
      name: 'TerminalError',
      code: 'unauthorized',
    });
  });
});

describe('a server that is killed', () => {
  test('and followed by one that only takes connections, is asked once and given up in time', async () => {
    const own = await startOwnServer('mute');
    const { events, listeners } = journal();
    const avatar = await joinOwn(own, 'avatar', { listeners, reconnectTimeout: 2_500 });
    const gone = next(avatar, 'disconnected');
    await own.kill();
    let connections = 0;
    const silent = createServer((socket) => {
      connections++;
      socket.on('error', () => undefined);
      cleanup(() => void socket.destroy());
    }).listen(own.ports.http, '127.0.0.1');
    await once(silent, 'listening');
    cleanup(() => void silent.close());
    const waiting = avatar.setAttributes({ a: '1' }).catch((error: unknown) => error);
    const [{ reason, detail }] = await gone;
    expect(reason).toBe('signal-lost');
    expect(detail).toMatch(/^not back within 2500 ms/);
    expect(connections).toBe(1);
    expect(await waiting).toMatchObject({ name: 'RetryableError', code: 'signal-lost' });
    expect(events).toEqual(['reconnecting signal-lost', 'disconnected signal-lost']);
  });

  test('is not waited for after close(), which leaves nothing behind', async () => {
    const own = await startOwnServer('abandoned');
    const active = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap' || name === 'Timeout')
        .length;
    const before = active();
    const { events, listeners } = journal();
    const avatar = await RtpParticipant.connect({
      url: own.url,
      token: await token(room, 'avatar', {}, own),
      listeners,
    });
    const voice = await avatar.publishTrack(microphone);
    const reconnecting = next(avatar, 'reconnecting');
    await own.kill();
    await reconnecting;
    const calls = [avatar.publishTrack(camera), avatar.sendText('x', { topic: 't' })].map((call) =>
      call.catch((error: unknown) => error),
    );
    await Promise.all([avatar.close('enough'), avatar.close()]);
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ name: 'CancelledError' });
    expect(events).toEqual(['reconnecting signal-lost', 'disconnected client']);
    expect(voice.closed).toBe(true);
    await until(() => active() <= before, 'sockets and timers are gone');
    expect(events).toHaveLength(2);
  });
});

describe('a server that wants us to join again', () => {
  type Case = { name: string; act: (proxy: SignalProxy) => void; reason: string };
  const { MIGRATION, UNKNOWN_REASON } = DisconnectReason;
  const { RECONNECT, RESUME } = LeaveRequest_Action;
  const cases: Case[] = [
    {
      name: 'a migration told of',
      act: (proxy) => tellToLeave(proxy, { reason: MIGRATION, action: RECONNECT }),
      reason: 'migration',
    },
    {
      name: 'a request to resume',
      act: (proxy) => tellToLeave(proxy, { reason: UNKNOWN_REASON, action: RESUME }),
      reason: 'other',
    },
  ];

  test.each(cases)(
    'after $name gets it: our tracks reach the others, theirs reach us',
    async ({ act, reason }) => {
      const common = roomName();
      const proxy = await startSignalProxy();
      const other = { heard: [] as Heard[], got: [] as string[] };
      const watcher = await join(common, 'watcher', { listeners: listening(other.heard) });
      feed(await watcher.publishTrack({ ...microphone, name: 'question' }));
      const heard: Heard[] = [];
      const { events, listeners } = journal();
      const joined: string[] = [];
      const avatar = await join(common, 'avatar', {
        url: proxy.url,
        listeners: {
          ...listeners,
          ...listening(heard),
          participantJoined: ({ identity }) => joined.push(identity),
        },
      });
      const voice = await avatar.publishTrack(microphone);
      feed(voice);
      await until(() => flows(heard, 'question') && flows(other.heard, 'voice'), 'packets go both ways');
      await until(() => avatar.token !== proxy.tokens[0], 'the token is refreshed');
      const { token: refreshed } = avatar;
      const { sid } = voice;
      const reconnected = next(avatar, 'reconnected');

      act(proxy);
      await reconnected;
      expect(voice.sid).not.toBe(sid);
      await until(
        () => flows(heard, 'question') && flows(other.heard, 'voice'),
        'packets go both ways again',
      );
      expect(events).toEqual([`reconnecting ${reason}`, 'unsubscribed question', 'reconnected']);
      expect(proxy.tokens).toHaveLength(2);
      expect(proxy.tokens[1]).toBe(refreshed);
      expect(joined).toEqual(['watcher']);
    },
  );
});
