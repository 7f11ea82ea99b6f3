import type { SessionEventBody } from '@avatar-bridge/contracts';
import { expect, test } from 'vitest';
import { heardInV1Room, V1RoomMessages } from './v1-stage.ts';

const messageId = 'msg_0193a1b2c3d47e5f8a9b0c1d2e3f4a5b';
const task_id = '0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';
const message = { messageId, seq: 1 };

let at = 1_000;
function told(room: V1RoomMessages, ...events: SessionEventBody[]): unknown[] {
  return events.flatMap((event) => {
    at += 100;
    const sessionId = 'ses_0193a1b2c3d47e5f8a9b0c1d2e3f4a5b';
    const messages = room.of({ id: `${at}-0`, sessionId, at, ...event });
    expect(messages.every(({ topic }) => topic === undefined)).toBe(true);
    return messages.map(({ payload }) => JSON.parse(payload) as unknown);
  });
}

const caption = (text: string, more: object = {}): SessionEventBody => ({
  type: 'caption.updated',
  speaker: 'avatar',
  segmentId: 'seg',
  text,
  final: false,
  messageId,
  ...more,
});

test('tells a spoken message as v1 tells a task, its text piece by piece', () => {
  const messages = told(
    new V1RoomMessages(),
    { type: 'message.accepted', ...message, mode: 'repeat', text: 'Hello there.' },
    caption('Hello'),
    { type: 'message.speaking', ...message, waitedMs: 1 },
    { type: 'avatar.state', state: 'speaking' },
    caption('Hello there.'),
    caption(' You', { from: 12 }),
    caption('Hello there. You!', { final: true }),
    { type: 'message.spoken', ...message },
  );
  expect(messages).toEqual([
    { type: 'avatar_talking_message', task_id, message: 'Hello' },
    { type: 'avatar_start_talking', task_id },
    { type: 'avatar_talking_message', task_id, message: ' there.' },
    { type: 'avatar_talking_message', task_id, message: ' You' },
    { type: 'avatar_talking_message', task_id, message: '!' },
    { type: 'avatar_stop_talking', task_id, duration_ms: 500 },
    { type: 'avatar_end_message', task_id },
  ]);
});

test('tells a question as what the user said', () => {
  expect(
    told(
      new V1RoomMessages(),
      { type: 'message.accepted', ...message, mode: 'talk', text: 'Who are you?' },
      caption('Who are you?', { speaker: 'user', segmentId: 'user-seg', final: true }),
    ),
  ).toEqual([
    { type: 'user_talking_message', task_id, message: 'Who are you?' },
    { type: 'user_end_message', task_id },
  ]);
});

test('tells what a user said aloud', () => {
  const spoken = { speaker: 'user', messageId: undefined, segmentId: 'voice' };
  expect(
    told(new V1RoomMessages(), caption('Hi', spoken), caption('Hi!', { ...spoken, final: true })),
  ).toEqual([
    { type: 'user_talking_message', task_id: 'voice', message: 'Hi' },
    { type: 'user_talking_message', task_id: 'voice', message: '!' },
    { type: 'user_end_message', task_id: 'voice' },
  ]);
});

test('tells the end of what a former owner began, and of nothing that nobody began', () => {
  const end: SessionEventBody = { type: 'message.interrupted', ...message };
  expect(told(new V1RoomMessages([messageId]), end)).toEqual([
    { type: 'avatar_stop_talking', task_id },
    { type: 'avatar_end_message', task_id },
  ]);
  expect(told(new V1RoomMessages(), end)).toEqual([]);
});

test('tells the start once when a message is said again after a loss', () => {
  const speaking: SessionEventBody = { type: 'message.speaking', ...message, waitedMs: 1 };
  expect(told(new V1RoomMessages(), speaking, speaking)).toEqual([{ type: 'avatar_start_talking', task_id }]);
});

test.each([
  [{ payload: '"Good morning"' }, { text: 'Good morning', mode: 'talk' }],
  [
    { payload: '"Good morning"', participantIdentity: 'client' },
    { text: 'Good morning', mode: 'talk' },
  ],
  [{ payload: '"push_to_talk:start"' }, 'user.started'],
  [{ payload: '"push_to_talk:stop"' }, 'user.stopped'],
  [{ payload: '"Good morning"', participantIdentity: 'somebody-else' }, undefined],
  [{ payload: '"Good morning"', topic: 'lk.chat' }, undefined],
  [{ payload: 'Good morning' }, undefined],
  [{ payload: '{"text":"Good morning"}' }, undefined],
  [{ payload: '" "' }, undefined],
  [{ payload: JSON.stringify('x'.repeat(1_001)) }, undefined],
])('hears %j in the room as %j', (data, heard) => {
  expect(heardInV1Room(data)).toEqual(heard);
});
