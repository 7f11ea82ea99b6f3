import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Room, RoomEvent } from '@livekit/rtc-node';
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

  const intruderIn = async (id: string): Promise<Room> => {
    const token = new AccessToken(server.apiKey, server.apiSecret, { identity: `avatar-${id}` });
    token.addGrant({ roomJoin: true, room: id });
    const room = new Room();
    await room.connect(server.url, await token.toJwt(), { autoSubscribe: false, dynacast: false });
    return room;
  };

  /** What became of a session that was taken off its stage, and what was said then. */
  const aftermath = async (session: Conversation) => {
    const { reason } = await session.until('stage.lost');
    const { awayMs } = await session.until('stage.back');
    const said = await session.finished(await session.say(sentence(2)));
    const losses = (await session.eventsOf('stage.lost')).length;
    const vendorSessions = (await session.vendorSessions()).map(({ state }) => state);
    await session.stop();
    return { reason, awayAtOnce: awayMs < 4_000, said, losses, vendorSessions };
  };
  const wentOn = { awayAtOnce: false, said: ['spoken'], losses: 1, vendorSessions: ['connected'] };

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
    expect(await aftermath(session)).toEqual({ reason: 'participant-removed', ...wentOn });
  });

  it('comes back after somebody deleted its room', async () => {
    const session = await rig.liveSession();
    await rooms.deleteRoom(session.id);
    expect(await aftermath(session)).toEqual({ reason: 'room-deleted', ...wentOn });
  });

  it('comes back, without a duel, after another participant took its identity', async () => {
    const session = await rig.liveSession();
    const intruder = await intruderIn(session.id);
    expect(await aftermath(session)).toEqual({ reason: 'duplicate-identity', ...wentOn });
    await intruder.disconnect();
  });

  it('leaves its place to a participant that always comes back under its identity', async () => {
    const session = await rig.liveSession();
    let joins = 0;
    let insists = true;
    const intrude = async (): Promise<void> => {
      joins++;
      const intruder = await intruderIn(session.id);
      intruder.once(RoomEvent.Disconnected, () => void (insists && intrude()));
    };
    await intrude();
    // It came back once, and was pushed out again.
    await expect.poll(() => joins, { timeout: 15_000 }).toBe(2);
    await delay(3_000);
    expect(joins).toBe(2);
    insists = false;
    expect((await session.vendorSessions()).map(({ state }) => state)).toEqual(['connected']);
    await session.stop();
  });

  it('comes back, but not at once, after a moderator took its right to publish', async () => {
    const session = await rig.liveSession();
    const permission = { canPublish: false, canPublishData: true, canSubscribe: true };
    await rooms.updateParticipant(session.id, `avatar-${session.id}`, { permission });
    expect(await aftermath(session)).toEqual({ reason: 'relay-track-removed', ...wentOn });
  });

  it('keeps its vendor session when somebody deletes its room before it has joined', async () => {
    await using slow = await Rig.open();
    slow.startWorker({ stage: stageAccess(server) });
    await slow.fault({ kind: 'delay', path: '/v1/streaming.start', ms: 1_000 });
    const session = await slow.session();
    await session.until('vendor.opened');
    await rooms.deleteRoom(session.id);
    const { reason } = await session.until('session.starting', (event) => event.reason !== undefined);
    expect(reason).toMatch(/^Somebody (deleted the room of the stage|took the avatar off the stage) while/);
    await session.until('session.live');
    expect((await session.vendorSessions()).map(({ state }) => state)).toEqual(['connected']);
    await session.stop();
  });

  it('has a room of the same name at once when the session before it ends', async () => {
    const room = `lobby-${randomUUID()}`;
    const former = await rig.liveSession({}, { room });
    await former.stop();
    const session = await rig.session({}, { room });
    await session.until('session.live');
    expect(await session.finished(await session.say(sentence(1)))).toEqual(['spoken']);
    expect((await session.vendorSessions()).map(({ state }) => state)).toEqual(['connected']);
    await session.stop();
  });
});
