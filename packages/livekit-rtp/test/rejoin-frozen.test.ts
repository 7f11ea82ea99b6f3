import { setTimeout as delay } from 'node:timers/promises';
import { RoomServiceClient } from 'livekit-server-sdk';
import { expect, test } from 'vitest';
import { isRtcp, RtpParticipant } from '../src/index.ts';
import { camera, cleanup, feed, microphone, startOwnServer, token, until } from './support.ts';

const FROZEN = 20_000;

test('a server that was frozen is joined again when it thaws, once, and its backlog reaches nobody', async () => {
  const room = 'cold';
  const own = await startOwnServer('frozen');
  const events = new Map<string, string[]>();
  const received = new Map<string, number>();
  let late = 0;
  const joinAs = async (identity: string): Promise<RtpParticipant> => {
    const told: string[] = [];
    events.set(identity, told);
    const participant = await RtpParticipant.connect({
      url: own.url,
      token: await token(room, identity, {}, own),
      listeners: {
        reconnecting: () => told.push('reconnecting'),
        reconnected: () => told.push('reconnected'),
        disconnected: ({ reason }) => told.push(`disconnected ${reason}`),
        trackSubscribed: (track) => {
          track.onPacket = (packet) => {
            if (isRtcp(packet)) return;
            if (track.closed) late++;
            received.set(track.sid, (received.get(track.sid) ?? 0) + 1);
          };
        },
      },
    });
    cleanup(() => participant.close());
    return participant;
  };
  const [avatar, listener, leaver] = await Promise.all([
    joinAs('avatar'),
    joinAs('listener'),
    joinAs('leaver'),
  ]);
  const tracks = await Promise.all([avatar.publishTrack(microphone), avatar.publishTrack(camera)]);
  for (const track of tracks) feed(track);
  const flows = (): boolean => tracks.every(({ sid }) => (received.get(sid) ?? 0) >= 20);
  await until(flows, 'packets arrive');
  const before = new Set(tracks.map(({ sid }) => sid));

  own.freeze();
  const frozenAt = performance.now();
  await until(() => [...events.values()].every((told) => told.length === 1), 'all have noticed', 17_000);
  await leaver.close();
  expect(events.get('leaver')).toEqual(['reconnecting', 'disconnected client']);
  await delay(FROZEN - (performance.now() - frozenAt));
  own.thaw();
  const thawedAt = performance.now();
  await until(() => tracks.every(({ sid }) => !before.has(sid)) && flows(), 'packets arrive again');
  expect(performance.now() - thawedAt).toBeLessThan(5_000);

  const service = new RoomServiceClient(own.url.replace('ws', 'http'), own.apiKey, own.apiSecret);
  const present = async (): Promise<string[]> =>
    (await service.listParticipants(room)).map(({ identity }) => identity).toSorted();
  await expect.poll(present, { timeout: 5_000 }).toEqual(['avatar', 'listener']);
  expect(late).toBe(0);
  for (const identity of ['avatar', 'listener'])
    expect(events.get(identity)).toEqual(['reconnecting', 'reconnected']);
  expect(listener.remoteParticipants.get('avatar')?.sid).toBe(avatar.sid);
}, 90_000);
