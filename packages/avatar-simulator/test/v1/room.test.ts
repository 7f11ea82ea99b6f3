import {
  DisconnectReason,
  Room,
  RoomEvent,
  TrackKind,
  VideoStream,
  dispose,
  type RemoteTrack,
} from '@livekit/rtc-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startAvatarMedia } from '../../src/media/index.ts';
import { dataOf, Double } from '../double.ts';

type Access = { session_id: string; url: string; access_token: string };
type Message = { type: string; task_id: string; message?: string; duration_ms?: number };

let double: Double;
beforeAll(async () => {
  double = await Double.start({ startMedia: startAvatarMedia });
});
afterAll(async () => {
  await double.simulator.close();
  await dispose();
});

/** A client of another make, in a session's room with the token that was handed out. */
class Guest {
  readonly room = new Room();
  readonly tracks: { identity: string; track: RemoteTrack }[] = [];
  readonly messages: Message[] = [];
  readonly topics = new Set<string | undefined>();
  readonly senders = new Set<string | undefined>();
  readonly left: Promise<DisconnectReason>;
  readonly id: string;

  private constructor(id: string) {
    this.id = id;
    this.room.on(RoomEvent.TrackSubscribed, (track, _, participant) =>
      this.tracks.push({ identity: participant.identity, track }),
    );
    this.room.on(RoomEvent.DataReceived, (payload, participant, _, topic) => {
      this.messages.push(JSON.parse(new TextDecoder().decode(payload)) as Message);
      this.senders.add(participant?.identity);
      this.topics.add(topic);
    });
    this.left = new Promise((resolve) => this.room.once(RoomEvent.Disconnected, resolve));
  }

  static async join(request: object = {}): Promise<Guest> {
    const access = dataOf<Access>(await double.post('/v1/streaming.new', { version: 'v2', ...request }));
    const guest = new Guest(access.session_id);
    await double.post('/v1/streaming.start', { session_id: access.session_id });
    await guest.room.connect(access.url, access.access_token, { autoSubscribe: true, dynacast: false });
    await double.until(access.session_id, (session) => session.state === 'connected');
    await vi.waitUntil(() => guest.tracks.length === 2, { timeout: 10_000 });
    return guest;
  }

  async untilMessage(type: string): Promise<void> {
    await vi.waitUntil(() => this.messages.some((message) => message.type === type), { timeout: 20_000 });
  }
}

describe('the room of a session', () => {
  it('has the avatar heygen with one audio and one video track, and the client as client', async () => {
    const guest = await Guest.join({ video_encoding: 'H264' });
    expect(guest.room.name).toBe(guest.id);
    expect(guest.room.localParticipant?.identity).toBe('client');
    expect(guest.tracks.map(({ identity }) => identity)).toEqual(['heygen', 'heygen']);
    expect(new Set(guest.tracks.map(({ track }) => track.kind))).toEqual(
      new Set([TrackKind.KIND_AUDIO, TrackKind.KIND_VIDEO]),
    );
    const video = guest.tracks.find(({ track }) => track.kind === TrackKind.KIND_VIDEO)!.track;
    const frames = new VideoStream(video).getReader();
    const { value } = await frames.read();
    expect([value!.frame.width, value!.frame.height]).toEqual([640, 360]);
    await frames.cancel();
    // The server tells others of a participant without tracks with some delay.
    await double.until(guest.id, (session) => session.clientJoined === true);
    await double.post('/v1/streaming.stop', { session_id: guest.id });
    expect(await guest.left).toBe(DisconnectReason.ROOM_DELETED);
  });

  it('hears what is said, in the order of the vendor and without a topic', async () => {
    const guest = await Guest.join();
    const { task_id: taskId } = dataOf<{ task_id: string }>(
      await double.task(guest.id, 'Good morning to you.'),
    );
    await guest.untilMessage('avatar_end_message');
    const types = guest.messages.map(({ type }) => type);
    expect(types.slice(0, 2)).toEqual(['avatar_talking_message', 'avatar_start_talking']);
    expect(types.slice(-2)).toEqual(['avatar_stop_talking', 'avatar_end_message']);
    expect(
      guest.messages.filter(({ type }) => type === 'avatar_talking_message').map(({ message }) => message),
    ).toEqual(['Good', ' morning', ' to', ' you.']);
    expect(new Set(guest.messages.map(({ task_id }) => task_id))).toEqual(new Set([taskId]));
    expect(guest.messages.find(({ type }) => type === 'avatar_stop_talking')!.duration_ms).toBeGreaterThan(
      500,
    );
    expect(guest.senders).toEqual(new Set(['heygen']));
    expect([...guest.topics].every((topic) => !topic)).toBe(true);
    await double.post('/v1/streaming.stop', { session_id: guest.id });
    await guest.left;
  });

  it('takes texts of its client, which an interrupt silences', async () => {
    const guest = await Guest.join();
    const text =
      'Please tell me everything that you know about the harbour and its many old and beautiful ships.';
    await guest.room.localParticipant!.publishData(new TextEncoder().encode(JSON.stringify(text)), {
      reliable: true,
    });
    await guest.untilMessage('avatar_start_talking');
    expect(guest.messages.slice(0, 2)).toMatchObject([
      { type: 'user_talking_message', message: text },
      { type: 'user_end_message' },
    ]);
    await double.post('/v1/streaming.interrupt', { session_id: guest.id });
    await guest.untilMessage('avatar_stop_talking');
    const { tasks } = await double.session(guest.id);
    expect(tasks[0]).toMatchObject({ origin: 'room', taskType: 'talk', interruptedAt: expect.any(Number) });
    await double.admin('POST', '/faults', { kind: 'drop-session', sessionId: guest.id });
    expect(await guest.left).toBe(DisconnectReason.ROOM_DELETED);
  });
});
