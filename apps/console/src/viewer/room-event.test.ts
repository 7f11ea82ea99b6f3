import { expect, test } from 'vitest';
import { readRoomEvent } from './room-event.ts';

const event = { type: 'session.live', id: '1-0', sessionId: 'ses_1', at: 1, room: 'lobby' };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('reads what the session’s own participant tells', () => {
  expect(readRoomEvent(bytes(JSON.stringify(event)), 'avatar-ses_1', 'ses_1')).toEqual(event);
});

test.each([
  ['another participant', JSON.stringify(event), 'guest'],
  ['the avatar of another session', JSON.stringify(event), 'avatar-ses_2'],
  ['nobody', JSON.stringify(event), undefined],
  ['an event of another session', JSON.stringify({ ...event, sessionId: 'ses_2' }), 'avatar-ses_1'],
  ['bytes that are no JSON', 'not json', 'avatar-ses_1'],
  ['null', 'null', 'avatar-ses_1'],
  ['an event without a type', '{"sessionId":"ses_1"}', 'avatar-ses_1'],
])('does not obey %s', (_name, payload, sender) => {
  expect(readRoomEvent(bytes(payload), sender, 'ses_1')).toBeUndefined();
});
