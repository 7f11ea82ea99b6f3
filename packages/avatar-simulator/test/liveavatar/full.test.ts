import { DisconnectReason, dispose, TrackKind } from '@livekit/rtc-node';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startAvatarMedia } from '../../src/media/index.ts';
import type { SwitchValues } from '../../src/switches.ts';
import { Double } from '../double.ts';
import { connect, dataOf, full, start } from './live-double.ts';
import { RoomGuest } from './room-guest.ts';

let double: Double;
beforeAll(async () => {
  double = await Double.start();
});
beforeEach(async () => {
  await double.admin('POST', '/reset');
});
afterAll(async () => {
  await double.simulator.close();
  await dispose();
});

const turn = (patch: Partial<SwitchValues>): Promise<unknown> => double.admin('PATCH', '/switches', patch);
const speak = (text: string, eventId?: string) => ({
  event_type: 'avatar.speak_text',
  text,
  ...(eventId !== undefined && { event_id: eventId }),
});
const sentence = 'The harbour has many old ships.';
const long = 'word '.repeat(200).trim();

async function withContext(more: object = {}): Promise<object> {
  const context = { name: 'Museum', prompt: 'You are Ann.', opening_text: 'Hello ${name}!' };
  const { id } = dataOf<{ id: string }>(await double.post('/v1/contexts', { ...context, ...more }));
  return { ...full, avatar_persona: { context_id: id }, dynamic_variables: { name: 'Bo' } };
}

describe('a FULL session', () => {
  test('says a text as it is, tells it piece by piece, and names the command', async () => {
    const session = await connect(double);
    await using guest = await RoomGuest.join(session);
    expect([...guest.room.remoteParticipants.keys()]).toEqual([`liveavatar-agent-${session.session_id}`]);
    await guest.send(speak(sentence, 'command-1'));
    await guest.until('avatar.speak_ended');
    expect(session.media.spoken).toEqual([sentence]);
    expect(guest.types.filter((type) => type !== 'avatar.transcription.chunk')).toEqual([
      'avatar.speak_started',
      'avatar.transcription',
      'avatar.speak_ended',
    ]);
    const chunks = guest.events.filter(({ event_type: type }) => type === 'avatar.transcription.chunk');
    expect(chunks.map(({ text }) => text).join('')).toBe(sentence);
    expect((await guest.until('avatar.transcription')).text).toBe(sentence);
    for (const event of guest.events)
      expect(event).toMatchObject({
        source_event_id: 'command-1',
        session_id: session.session_id,
        event_id: expect.any(String),
      });
    expect(new Set(guest.events.map((event) => event.event_id)).size).toBe(guest.events.length);
    expect([...guest.senders]).toEqual([`liveavatar-agent-${session.session_id}`]);
    const view = await double.session(session.session_id);
    expect(view).toMatchObject({
      api: 'liveavatar-full',
      tasks: [{ eventId: 'command-1', text: sentence, taskType: 'repeat', origin: 'room' }],
    });
    await vi.waitUntil(async () => (await double.session(session.session_id)).clientJoined, {
      timeout: 10_000,
    });
  });

  test('greets by itself with the opening of its context, and answers', async () => {
    const session = await connect(double, await withContext());
    await using guest = await RoomGuest.join(session);
    await double.until(session.session_id, ({ tasks }) => tasks[0]?.stoppedAt !== undefined);
    await guest.send({ event_type: 'avatar.speak_response', text: 'What is your name?', event_id: 'ask' });
    await guest.until('avatar.speak_ended', guest.types.includes('avatar.speak_ended') ? 2 : 1);
    expect(session.media.spoken).toEqual(['Hello Bo!', 'My name is Ann. How can I help you?']);
    expect(guest.types).not.toContain('user.transcription');
    expect((await double.session(session.session_id)).tasks).toMatchObject([
      { origin: 'opening', spokenText: 'Hello Bo!' },
      { taskType: 'talk', eventId: 'ask' },
    ]);
  });

  test('takes commands as soon as its agent is there, and greets before it obeys', async () => {
    await using slow = await Double.start({ startDelay: 1_500 });
    const context = { name: 'Museum', prompt: '', opening_text: 'Hello!' };
    const { id } = dataOf<{ id: string }>(await slow.post('/v1/contexts', context));
    const session = await start(slow, { ...full, avatar_persona: { context_id: id } });
    await using guest = await RoomGuest.join(session);
    const agent = `liveavatar-agent-${session.session_id}`;
    await vi.waitUntil(() => guest.room.remoteParticipants.has(agent), { timeout: 10_000 });
    await guest.send(speak('Early.', 'early'));
    await guest.until('avatar.speak_ended', 2);
    expect((await slow.session(session.session_id)).tasks).toMatchObject([
      { text: 'Hello!', origin: 'opening' },
      { text: 'Early.', eventId: 'early' },
    ]);
  });

  test('hears the user, answers, and goes on naming the last command', async () => {
    const session = await connect(double, await withContext({ opening_text: '' }));
    await using guest = await RoomGuest.join(session);
    await guest.send(speak('Hi.', 'command-1'));
    await guest.until('avatar.speak_ended');
    await double.admin('POST', `/sessions/${session.session_id}/user`, {
      event: 'speech',
      text: 'Thank you!',
    });
    await guest.until('avatar.speak_ended', 2);
    expect(guest.types).toEqual(
      expect.arrayContaining(['user.speak_started', 'user.speak_ended', 'user.transcription']),
    );
    expect(guest.events.at(-1)!.source_event_id).toBe('command-1');
    const { transcript_data: lines } = dataOf<{ transcript_data: { role: string; transcript: string }[] }>(
      await double.get(`/v1/sessions/${session.session_id}/transcript`),
    );
    expect(lines.map(({ role, transcript }) => `${role}: ${transcript}`)).toEqual([
      'avatar: Hi.',
      'user: Thank you!',
      'avatar: You are very welcome.',
    ]);
  });

  test('without a context repeats, writes down what the user says, and answers nothing', async () => {
    const session = await connect(double);
    await using guest = await RoomGuest.join(session);
    await guest.send({ event_type: 'avatar.speak_response', text: 'What is your name?' });
    await double.admin('POST', `/sessions/${session.session_id}/user`, { event: 'speech', text: 'Hello?' });
    await guest.send(speak('Hi.'));
    await guest.until('avatar.speak_ended');
    expect(session.media.spoken).toEqual(['Hi.']);
    expect((await guest.until('user.transcription')).text).toBe('Hello?');
  });

  test('tells of an interrupted text what was heard of it, and drops what waits', async () => {
    const session = await connect(double);
    await using guest = await RoomGuest.join(session);
    await guest.send(speak(long, 'one'));
    await guest.send(speak('And then this.', 'two'));
    await guest.until('avatar.speak_started');
    await guest.send({ event_type: 'avatar.interrupt' });
    await guest.until('avatar.speak_ended');
    const heard = (await guest.until('avatar.transcription')).text!;
    expect(long.startsWith(heard)).toBe(true);
    expect(heard.length).toBeLessThan(long.length);
    expect(session.media.spoken).toEqual([long]);
    await guest.send({ event_type: 'avatar.interrupt' });
    await guest.send(speak('Fine.'));
    await guest.until('avatar.speak_ended', 2);
  });

  test('survives anything that is sent into its room', async () => {
    const session = await connect(double);
    await using guest = await RoomGuest.join(session);
    for (const junk of ['', '{', '[]', 'null', '"x"', { event_type: 'nothing' }, speak(' ')])
      await guest.send(junk);
    await guest.send({ event_type: 'avatar.speak_text', text: 5 });
    await guest.send(speak('Not for the avatar.'), 'another-topic');
    await guest.send(speak('Fine.'));
    await guest.until('avatar.speak_ended');
    expect(session.media.spoken).toEqual(['Fine.']);
  });

  test('takes push to talk only where it was asked for', async () => {
    const plain = await connect(double);
    await using guest = await RoomGuest.join(plain);
    await guest.send({ event_type: 'user.start_push_to_talk' });
    await guest.until('user.push_to_talk_start_failed');
    const pushed = await connect(double, { ...full, interactivity_type: 'PUSH_TO_TALK' });
    await using other = await RoomGuest.join(pushed);
    for (const event_type of ['user.start_push_to_talk', 'user.stop_push_to_talk', 'user.stop_push_to_talk'])
      await other.send({ event_type });
    await other.until('user.push_to_talk_stop_failed');
    expect(other.types).toEqual([
      'user.push_to_talk_started',
      'user.push_to_talk_stopped',
      'user.push_to_talk_stop_failed',
    ]);
  });

  test('tells why it stops, then its room goes', async () => {
    const session = await connect(double);
    await using guest = await RoomGuest.join(session);
    await double.post('/v1/sessions/stop', { session_id: session.session_id, reason: 'AGENT_HANG_UP' });
    expect(await guest.until('session.stopped')).toMatchObject({ end_reason: 'AGENT_HANG_UP' });
    expect(await guest.left).toBe(DisconnectReason.ROOM_DELETED);
    expect((await double.post('/v1/sessions/stop', undefined, { token: session.token })).status).toBe(200);
  });
});

describe('each switch of FULL has a second variant', () => {
  test('sessionEnd untold, stoppedReasonKey stop_reason', async () => {
    await turn({ sessionEnd: 'untold' });
    const silent = await connect(double);
    await using guest = await RoomGuest.join(silent);
    await double.post('/v1/sessions/stop', { session_id: silent.session_id });
    expect(await guest.left).toBe(DisconnectReason.ROOM_DELETED);
    expect(guest.types).toEqual([]);
    await turn({ sessionEnd: 'told', stoppedReasonKey: 'stop_reason' });
    const session = await connect(double);
    await using other = await RoomGuest.join(session);
    await double.post('/v1/sessions/stop', { session_id: session.session_id });
    expect(await other.until('session.stopped')).toMatchObject({ stop_reason: 'USER_CLOSED' });
  });

  test('speakTextQueueing override, interruptedSpeech transcription-only', async () => {
    await turn({ speakTextQueueing: 'override', interruptedSpeech: 'transcription-only' });
    const session = await connect(double);
    await using guest = await RoomGuest.join(session);
    await guest.send(speak(long, 'one'));
    await guest.until('avatar.speak_started');
    await guest.send(speak('Instead.', 'two'));
    await guest.until('avatar.speak_ended');
    expect(session.media.spoken).toEqual([long, 'Instead.']);
    expect(guest.types.filter((type) => type === 'avatar.transcription')).toHaveLength(2);
    expect(guest.types.filter((type) => type === 'avatar.speak_ended')).toHaveLength(1);
  });

  test('restrictedMode silent', async () => {
    await turn({ restrictedMode: 'silent' });
    const session = await connect(double);
    await using guest = await RoomGuest.join(session);
    await guest.send(speak('Hi.'));
    await guest.send({ event_type: 'session.update' });
    await guest.until('session.updated');
    expect(session.media.spoken).toEqual([]);
  });

  test('finalTranscription at-once', async () => {
    await turn({ finalTranscription: 'at-once' });
    const session = await connect(double);
    await using guest = await RoomGuest.join(session);
    await guest.send(speak(long));
    expect((await guest.until('avatar.transcription')).text).toBe(long);
    expect(guest.types).not.toContain('avatar.speak_ended');
    await guest.until('avatar.speak_ended');
    expect(guest.types.filter((type) => type === 'avatar.transcription')).toHaveLength(1);
  });
});

test('events can be lost and disordered', async () => {
  await double.admin('POST', '/faults', {
    kind: 'lose-events',
    events: ['avatar.speak_ended', 'avatar.transcription.chunk'],
  });
  await double.admin('POST', '/faults', { kind: 'disorder-events' });
  const session = await connect(double);
  await using guest = await RoomGuest.join(session);
  await guest.send(speak('One.'));
  await guest.until('avatar.speak_started');
  expect(guest.types).toEqual(['avatar.transcription', 'avatar.speak_started']);
});

test('the real face is there as heygen with a picture and a voice', async () => {
  await using real = await Double.start({ startMedia: startAvatarMedia });
  const session = await start(real);
  await using guest = await RoomGuest.join(session);
  await vi.waitUntil(() => guest.tracks.length === 2, { timeout: 15_000 });
  expect(guest.tracks.map(({ identity }) => identity)).toEqual(['heygen', 'heygen']);
  expect(new Set(guest.tracks.map(({ kind }) => kind))).toEqual(
    new Set([TrackKind.KIND_AUDIO, TrackKind.KIND_VIDEO]),
  );
  await real.until(session.session_id, ({ state }) => state === 'connected');
  await guest.send(speak(sentence));
  await guest.until('avatar.speak_started');
  await guest.send({ event_type: 'avatar.interrupt' });
  await guest.until('avatar.speak_ended');
});
