import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeControl, parseResponse, type Control } from './room-events.ts';
import { ControlMessage } from './wire/index.ts';

test.for<[Control, object]>([
  [
    { type: 'avatar.speak_text', text: 'Hello “you”', eventId: 'e' },
    { event_id: 'e', event_type: 'avatar.speak_text', text: 'Hello “you”' },
  ],
  [
    { type: 'avatar.speak_response', text: '' },
    { event_type: 'avatar.speak_response', text: '' },
  ],
  [{ type: 'avatar.interrupt' }, { event_type: 'avatar.interrupt' }],
  [
    { type: 'user.start_push_to_talk', eventId: 'e' },
    { event_id: 'e', event_type: 'user.start_push_to_talk' },
  ],
])('%j is sent as the vendor’s SDK sends it', ([control, message]) => {
  const sent = JSON.parse(encodeControl(control)) as object;
  expect(sent).toEqual(message);
  expect(ControlMessage.safeParse(sent).success).toBe(true);
});

test.for([
  [
    { event_type: 'avatar.speak_started', event_id: 'a', source_event_id: 'b', session_id: 's' },
    { type: 'avatar.speak_started', eventId: 'a', sourceEventId: 'b' },
  ],
  [{ event_type: 'avatar.speak_ended', source_event_id: null }, { type: 'avatar.speak_ended' }],
  [
    { event_type: 'avatar.transcription.chunk', text: 'Hi' },
    { type: 'avatar.transcription.chunk', text: 'Hi' },
  ],
  [
    { event_type: 'user.transcription', text: null },
    { type: 'user.transcription', text: '' },
  ],
  [
    { event_type: 'session.stopped', stop_reason: 'IDLE_TIMEOUT' },
    { type: 'session.stopped', reason: 'IDLE_TIMEOUT' },
  ],
  [
    { event_type: 'session.stopped', end_reason: 'NO_CREDITS', stop_reason: 'UNKNOWN' },
    { type: 'session.stopped', reason: 'NO_CREDITS' },
  ],
  [
    { event_type: 'session.state_updated', state: 'x' },
    { type: 'session.state_updated', state: 'x' },
  ],
  [
    { event_type: 'elevenlabs_agent_event', data: {} },
    { type: 'unknown', name: 'elevenlabs_agent_event' },
  ],
] as const)('%j is understood', ([payload, expected]) => {
  const json = JSON.stringify(payload);
  expect(parseResponse(json)).toEqual({ ...expected, raw: payload });
  expect(parseResponse(new TextEncoder().encode(json))).toEqual({ ...expected, raw: payload });
});

test.for(['', 'null', '[]', '{}', '{"type":"avatar.speak_started"}', '{"event_type":{}}', '\u0000'])(
  '%j holds no event',
  (payload) => {
    expect(parseResponse(payload)).toBeUndefined();
  },
);

test('no payload makes the parser throw, and what it returns has the types it says', () => {
  const name = fc.constantFrom('avatar.speak_ended', 'avatar.transcription', 'session.stopped', '__proto__');
  const nearly = fc.record({
    event_type: fc.oneof(name, fc.jsonValue()),
    event_id: fc.jsonValue(),
    source_event_id: fc.jsonValue(),
    text: fc.jsonValue(),
    end_reason: fc.jsonValue(),
  });
  const payload = fc.oneof(
    fc.string(),
    fc.json(),
    fc.uint8Array(),
    nearly.map((message) => JSON.stringify(message)),
  );
  const property = fc.property(payload, (p) => {
    const event: object = parseResponse(p) ?? {};
    return Object.entries(event).every(([key, value]) => key === 'raw' || typeof value === 'string');
  });
  expect(() => fc.assert(property)).not.toThrow();
});
