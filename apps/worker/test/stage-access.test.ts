import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMediaRelay } from '@avatar-bridge/relay';
import { RoomServiceClient } from 'livekit-server-sdk';
import { expect, inject, test } from 'vitest';
import { stageAccess } from '../src/session/stage-access.ts';
import { Rig } from './support/rig.ts';

const { stage } = inject('livekit');

test('a relay that lives answers; one whose process stands still, and a room without one, do not', async () => {
  await using mediaRelay = createMediaRelay({ engine: 'rtp', hosts: 1 });
  await using rig = await Rig.open();
  rig.startWorker({ mediaRelay });
  const { id } = await rig.liveSession();
  const access = stageAccess(stage);
  const askedAt = performance.now();
  expect((await access.carried(id, id))?.sinceMs).toBeGreaterThan(0);
  expect(performance.now() - askedAt).toBeLessThan(1_000);
  const [{ pid } = { pid: undefined }] = mediaRelay.hosts;
  process.kill(pid!, 'SIGSTOP');
  try {
    const participants = new RoomServiceClient(
      stage.url.replace(/^ws/, 'http'),
      stage.apiKey,
      stage.apiSecret,
    );
    const silent = await access.carried(id, id);
    expect((await participants.getParticipant(id, `avatar-${id}`)).tracks).toHaveLength(2);
    expect(silent).toBeUndefined();
  } finally {
    process.kill(pid!, 'SIGCONT');
  }
  expect(await access.carried(id, `no-${randomUUID()}`)).toBeUndefined();
});

test('a server below a path is asked below it', async () => {
  const { port } = new URL(stage.url);
  const asked: string[] = [];
  await using proxy = createServer((incoming, answer) => {
    const { url = '/', method, headers } = incoming;
    asked.push(url);
    if (!url.startsWith('/livekit/')) return void answer.writeHead(404).end();
    const path = url.slice('/livekit'.length);
    incoming.pipe(
      request({ host: '127.0.0.1', port, path, method, headers }, (from) => {
        answer.writeHead(from.statusCode!, from.headers);
        from.pipe(answer);
      }),
    );
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const url = `ws://127.0.0.1:${(proxy.address() as AddressInfo).port}/livekit/`;
  const access = stageAccess({ ...stage, url });
  const room = `stage-${randomUUID()}`;
  const rooms = new RoomServiceClient(stage.url.replace(/^ws/, 'http'), stage.apiKey, stage.apiSecret);
  await access.prepare(room);
  expect(await rooms.listRooms([room])).toHaveLength(1);
  await access.close(`ses_${randomUUID().replaceAll('-', '')}`, room);
  expect(await rooms.listRooms([room])).toEqual([]);
  expect(asked.every((path) => path.startsWith('/livekit/twirp/'))).toBe(true);
});
