import { setTimeout } from 'node:timers/promises';
import { Room } from '@livekit/rtc-node';
import { AccessToken } from 'livekit-server-sdk';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Rig, sentence } from './support/rig.ts';

/** Somebody is on a stage who wants none of its tracks. */
async function listen(room: string): Promise<() => Promise<void>> {
  const { url, apiKey, apiSecret } = inject('livekit').stage;
  const token = new AccessToken(apiKey, apiSecret, { identity: 'listener' });
  token.addGrant({ roomJoin: true, room, canPublish: false });
  const viewer = new Room();
  await viewer.connect(url, await token.toJwt(), { autoSubscribe: false, dynacast: false });
  return () => viewer.disconnect();
}

describe.concurrent('the limits of a session', () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.open();
    rig.startWorker();
  });
  afterAll(async () => rig[Symbol.asyncDispose]());

  it('park it when nobody uses it, until a message comes', async () => {
    const session = await rig.liveSession({}, { limits: { idleSeconds: 5 } });
    expect(await session.until('session.warned')).toMatchObject({ limit: 'idle', action: 'park' });
    expect(await session.until('session.parked')).toMatchObject({ reason: 'idle' });
    const parked = await session.session();
    expect(parked.state).toBe('parked');
    expect(parked.vendorSession).toBeUndefined();
    expect((await session.vendorSessions()).map(({ state }) => state)).toEqual(['closed']);
    expect(await session.finished(await session.say(sentence(1)))).toEqual(['spoken']);
    expect(await session.spoken()).toEqual([sentence(1)]);
    await session.stop();
  });

  it('park it when nobody watches it, until somebody comes, if only to listen', async () => {
    const limits = { unwatchedSeconds: 5 };
    const session = await rig.liveSession({}, { limits });
    const { id } = await session.until('session.parked', ({ reason }) => reason === 'unwatched');
    const leave = await listen(session.id);
    const { at } = await session.until('session.live', (live) => live.id > id);
    await setTimeout(limits.unwatchedSeconds * 1_200);
    expect((await session.events()).filter((event) => event.at > at).map(({ type }) => type)).not.toContain(
      'session.warned',
    );
    await leave();
    await session.stop();
  });

  it('end it when it has lasted long enough', async () => {
    const session = await rig.liveSession({}, { limits: { maxDurationSeconds: 10 } });
    const { at } = await session.until('session.ended');
    const { createdAt, end } = await session.session();
    expect(at - createdAt).toBeGreaterThanOrEqual(10_000);
    expect(at - createdAt).toBeLessThan(12_000);
    expect(end).toMatchObject({ outcome: 'stopped', code: 'max-duration' });
    expect((await session.vendorSessions()).map(({ state }) => state)).toEqual(['closed']);
  });
});
