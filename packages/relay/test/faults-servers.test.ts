import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { OwnServer } from '../../../test/setup/own-server.ts';
import { createMediaRelay } from '../src/index.ts';
import type { Listener } from './listener.ts';
import { Rooms } from './rooms.ts';
import { Scene } from './scene.ts';
import type { Recorded } from './scene.ts';
import { until } from './until.ts';

const media = createMediaRelay({ engine: 'rtp', hosts: 1 });
afterAll(() => media.close());

/** ms; a frozen server is missed after 15 s, so this one is. */
const FROZEN = 25_000;

async function killed(server: OwnServer): Promise<void> {
  await server.kill();
  await sleep(2_000);
  await server.restart();
}

async function frozen(server: OwnServer): Promise<void> {
  server.freeze();
  await sleep(FROZEN);
  server.thaw();
}

const flows = async (listener: Listener): Promise<void> => {
  const since = performance.now();
  const live = (kind: 'video' | 'audio'): boolean =>
    listener.packets[kind].filter(({ at }) => at > since).length > 20;
  await until('picture and voice flow', () => live('video') && live('audio'), 30_000);
};

const cases = [
  ['killed and started again', killed],
  ['frozen and thawed', frozen],
] as const;

test.concurrent.each(cases)(
  'the team’s server is %s: viewers see the avatar again within 3 s',
  { timeout: 120_000 },
  async (how, happens) => {
    const stage = await OwnServer.start('mortal-stage');
    await using scene = new Scene(new Rooms({ stage }));
    scene.add(stage);
    await scene.avatar();
    const { relay, events } = await scene.relay(media);
    await relay.setAvatarState('speaking');
    const listener = await scene.listener();
    await flows(listener);
    await happens(stage);
    const backAt = performance.now();
    const before = { video: listener.packets.video.length, audio: listener.packets.audio.length };
    await until(
      'packets come',
      () => listener.packets.video.length > before.video && listener.packets.audio.length > before.audio,
      30_000,
    );
    const again = Math.round(performance.now() - backAt);
    await until('it is told', () => events.reconnected.length === 1);
    await flows(listener);
    console.log(
      `stage ${how}: on the stage again ${again} ms after it is back; outage of ${events.reconnected[0]!.gapMs} ms`,
    );
    expect(again).toBeLessThan(3_000);
    const viewer = await scene.viewer();
    await until('a viewer sees and hears it', () => viewer.frames > 20 && viewer.loudest > 500);
    expect(viewer.participant('avatar-ses_1')?.attributes).toMatchObject({ 'lk.agent.state': 'speaking' });
    expectOnly(events, 'stage');
  },
);

test.concurrent.each(cases)(
  'the vendor’s server is %s: the avatar goes on under the same tracks',
  { timeout: 120_000 },
  async (how, happens) => {
    const vendor = await OwnServer.start('mortal-vendor');
    await using scene = new Scene(new Rooms({ vendor }));
    scene.add(vendor);
    const avatar = await scene.avatar();
    const { events } = await scene.relay(media);
    const listener = await scene.listener();
    const viewer = await scene.viewer();
    await flows(listener);
    await until('the viewer sees it', () => viewer.frames > 20);
    const returned = new Promise((resolve) =>
      avatar.participant.once('reconnected', () => resolve(undefined)),
    );
    const happened = happens(vendor);
    await until('the stall is told', () => events.mediaStalled.some(({ kind }) => kind === 'video'));
    await happened;
    await returned;
    const backAt = performance.now();
    const { frames } = viewer;
    await flows(listener);
    await until('the viewer sees it move again', () => viewer.frames > frames + 20);
    console.log(
      `vendor ${how}: seen again ${Math.round(performance.now() - backAt)} ms after the avatar was back`,
    );
    expect(viewer.unsubscribed).toEqual([]);
    for (const kind of ['video', 'audio'] as const) expect(listener.missing(kind)).toBeLessThan(5);
    expectOnly(events, 'source');
  },
);

function expectOnly(events: Recorded, side: 'source' | 'stage'): void {
  expect(events).toMatchObject({ failed: [], closed: [], sourceDisconnected: [], stageDisconnected: [] });
  expect(events.reconnecting.map((event) => event.side)).toEqual([side]);
  expect(events.reconnected.map((event) => event.side)).toEqual([side]);
}
