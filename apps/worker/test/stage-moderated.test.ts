import { Room } from '@livekit/rtc-node';
import { AccessToken, RoomServiceClient, TrackType } from 'livekit-server-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OwnServer } from '../../../test/setup/own-server.ts';
import { stageAccess } from '../src/session/stage-access.ts';
import { type Conversation, Rig, sentence } from './support/rig.ts';

describe.concurrent('a stage that others moderate, on a server that makes no rooms by itself', () => {
  let rig: Rig;
  let server: OwnServer;
  let rooms: RoomServiceClient;

  beforeAll(async () => {
    server = await OwnServer.start('moderated', { room: { auto_create: false, enable_remote_unmute: true } });
    rooms = new RoomServiceClient(server.url.replace(/^ws/, 'http'), server.apiKey, server.apiSecret);
    rig = await Rig.open();
    rig.startWorker({ stage: stageAccess(server) });
  });
  afterAll(async () => {
    await rig[Symbol.asyncDispose]();
    await server.leave();
  });

  const mute = async (id: string, muted: boolean): Promise<void> => {
    const { tracks } = await rooms.getParticipant(id, `avatar-${id}`);
    const voice = tracks.find(({ type }) => type === TrackType.AUDIO);
    await rooms.mutePublishedTrack(id, `avatar-${id}`, voice?.sid ?? '', muted);
  };

  /** That it is back on the stage, with the vendor session that it had, and can be heard. */
  const goesOn = async (session: Conversation, reason: string): Promise<void> => {
    expect(await session.until('stage.lost')).toMatchObject({ reason });
    const { awayMs } = await session.until('stage.back');
    expect(awayMs).toBeGreaterThanOrEqual(4_000);
    expect(await session.finished(await session.say(sentence(2)))).toEqual(['spoken']);
    expect(await session.eventsOf('stage.lost')).toHaveLength(1);
    expect((await session.vendorSessions()).map(({ state }) => state)).toEqual(['connected']);
    await session.stop();
  };

  it('says nothing while a moderator mutes it, and says again what was cut off', async () => {
    const session = await rig.liveSession();
    const first = await session.say(sentence(1));
    await session.until('message.speaking');
    await mute(session.id, true);
    const { at: mutedAt } = await session.until('stage.muted');
    const second = await session.say(sentence(2));
    await expect.poll(async () => (await session.vendorSessions())[0]?.tasks[0]?.interruptedAt).toBeDefined();
    const unmutedAt = Date.now();
    await mute(session.id, false);
    expect(await session.finished(first, second)).toEqual(['spoken', 'spoken']);
    expect(await session.spoken()).toEqual([sentence(1), sentence(2)]);
    const tasks = (await session.vendorSessions()).flatMap((vendorSession) => vendorSession.tasks);
    expect(tasks.filter(({ startedAt = 0 }) => startedAt > mutedAt && startedAt < unmutedAt)).toEqual([]);
    await session.stop();
  });

  it('comes back after a moderator removed it', async () => {
    const session = await rig.liveSession();
    await rooms.removeParticipant(session.id, `avatar-${session.id}`);
    await goesOn(session, 'participant-removed');
  });

  it('comes back after somebody deleted its room', async () => {
    const session = await rig.liveSession();
    await rooms.deleteRoom(session.id);
    await goesOn(session, 'room-deleted');
  });

  it('comes back, without a duel, after another participant took its identity', async () => {
    const session = await rig.liveSession();
    const token = new AccessToken(server.apiKey, server.apiSecret, { identity: `avatar-${session.id}` });
    token.addGrant({ roomJoin: true, room: session.id });
    const intruder = new Room();
    await intruder.connect(server.url, await token.toJwt(), { autoSubscribe: false, dynacast: false });
    await goesOn(session, 'duplicate-identity');
    await intruder.disconnect();
  });
});
