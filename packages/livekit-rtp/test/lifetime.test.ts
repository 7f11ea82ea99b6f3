import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setTimeout as delay } from 'node:timers/promises';
import { RoomServiceClient } from 'livekit-server-sdk';
import { expect, test } from 'vitest';
import { isRtcp, RtpParticipant } from '../src/index.ts';
import { camera, feed, join, microphone, next, roomName, server, token, until } from './support.ts';

/** The garbage collector, which tests of lifetimes need to call. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

const count = (directory: string): number => readdirSync(directory).length;
const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap' || name === 'Timeout').length;

test('joining and leaving 20 times leaves no socket, timer, file descriptor or thread behind', async () => {
  const room = roomName();
  const joinAndLeave = async (index: number): Promise<void> => {
    const participant = await RtpParticipant.connect({
      url: server.url,
      token: await token(room, `guest-${index}`),
    });
    const [voice] = await Promise.all([
      participant.publishTrack(microphone),
      participant.publishTrack(camera),
    ]);
    expect(voice.send(Buffer.from('gG8AAQAAAAEAAAABeHg=', 'base64'))).toBe(true);
    await participant.close();
  };
  const host = await join(room, 'host');
  const voice = await host.publishTrack(microphone);
  feed(voice);
  await joinAndLeave(0);
  const before = { sockets: openSockets(), threads: count('/proc/self/task') };
  for (let index = 1; index <= 20; index++) await joinAndLeave(index);
  await until(() => openSockets() <= before.sockets, 'sockets and timers are gone', 5_000);
  await until(() => count('/proc/self/task') <= before.threads, 'threads are gone', 5_000);
  const files = count('/proc/self/fd');
  for (let index = 21; index <= 25; index++) await joinAndLeave(index);
  await until(() => count('/proc/self/fd') <= files, 'file descriptors are gone', 5_000);
  await until(() => host.remoteParticipants.size === 0, 'the guests are gone');
});

test('a participant that nobody holds on to keeps its media while the garbage is collected', async () => {
  const room = roomName();
  let packets = 0;
  const listen = async (): Promise<void> => {
    const access = await token(room, 'forgotten');
    await RtpParticipant.connect({
      url: server.url,
      token: access,
      listeners: {
        trackSubscribed: (track) =>
          void (track.onPacket = (packet) => void (packets += isRtcp(packet) ? 0 : 1)),
      },
    });
  };
  await listen();
  const avatar = await join(room, 'avatar');
  feed(await avatar.publishTrack(microphone));
  await until(() => packets > 10, 'packets arrive');
  for (let round = 0; round < 10; round++) {
    collectGarbage();
    await delay(100);
  }
  const before = packets;
  await until(() => packets > before + 50, 'packets still arrive');
  await until(() => avatar.remoteParticipants.has('forgotten'), 'it is known');
  const left = next(avatar, 'participantLeft');
  const replacement = await join(room, 'forgotten');
  expect((await left)[0].identity).toBe('forgotten');
  await replacement.close();
});

test('who gives up joining, at whatever moment, does not stay in the room', async () => {
  const room = roomName();
  await join(room, 'host');
  const giveUp = async (index: number): Promise<void> => {
    const giving = new AbortController();
    const options = { url: server.url, token: await token(room, `guest-${index}`), signal: giving.signal };
    const joining = RtpParticipant.connect(options).then(
      (participant) => participant.close(),
      () => undefined,
    );
    await delay(index / 8);
    giving.abort();
    await joining;
  };
  for (let index = 0; index < 160; index += 8)
    await Promise.all(Array.from({ length: 8 }, (_, more) => giveUp(index + more)));
  const service = new RoomServiceClient(server.url.replace('ws', 'http'), server.apiKey, server.apiSecret);
  const present = async (): Promise<string[]> =>
    (await service.listParticipants(room)).map(({ identity }) => identity);
  await expect.poll(present, { timeout: 5_000 }).toEqual(['host']);
});
