import { setTimeout as delay } from 'node:timers/promises';
import { RoomServiceClient } from 'livekit-server-sdk';
import { expect, inject, test, vi } from 'vitest';
import { startLivekit } from '../scripts/servers/livekit.ts';
import { Bridge } from './setup/bridge.ts';
import { RtcViewer } from './setup/rtc-viewer.ts';

test('a stage stays open while nobody watches, and is closed with its session', async () => {
  // LiveKit counts an avatar as nobody, and would close a room of its own making after these seconds.
  const livekit = await startLivekit({
    binary: inject('programs').livekitServer,
    name: 'hasty',
    room: { empty_timeout: 2, departure_timeout: 1 },
  });
  try {
    await using bridge = await Bridge.start({ stage: livekit });
    const { id, events } = await bridge.liveSession();
    const access = await bridge.viewer(id);
    await (await RtcViewer.join(access.url, access.token))[Symbol.asyncDispose]();
    await delay(5_000);
    const message = await bridge.say(id, 'I am still here.');
    expect(await events.finished([message.id])).toEqual({ [message.id]: 'message.spoken' });
    expect(events.seen.filter(({ type }) => type === 'session.recovering')).toEqual([]);
    expect(events.seen.filter(({ type }) => type === 'vendor.opened')).toHaveLength(1);

    await bridge.deleteSession(id);
    await events.until('session.ended');
    const rooms = new RoomServiceClient(livekit.url.replace('ws', 'http'), livekit.apiKey, livekit.apiSecret);
    await vi.waitFor(async () => expect(await rooms.listRooms([id])).toEqual([]), 10_000);
    events.close();
  } finally {
    await livekit.stop();
  }
});
