import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseVendorEvent } from './vendor-event.ts';

test.each([
  [
    { type: 'avatar_start_talking', task_id: 't' },
    { type: 'avatar_start_talking', taskId: 't' },
  ],
  [
    { type: 'avatar_stop_talking', task_id: 't', duration_ms: 900 },
    { type: 'avatar_stop_talking', taskId: 't', durationMs: 900 },
  ],
  [
    { type: 'avatar_talking_message', task_id: 't', message: 'Hi' },
    { type: 'avatar_talking_message', taskId: 't', message: 'Hi' },
  ],
  [
    { type: 'user_talking_message', task_id: 7 },
    { type: 'user_talking_message', taskId: '7', message: '' },
  ],
  [
    { event_type: 'avatar_end_message', task_id: 't' },
    { type: 'avatar_end_message', taskId: 't' },
  ],
  [
    { event_type: 'user_silence', silence_times: 2, count_down: '3.5' },
    { type: 'user_silence', silenceTimes: 2, countDown: 3.5 },
  ],
  [{ type: 'user_start' }, { type: 'user_start' }],
  [{ event_type: 'user_stop' }, { type: 'user_stop' }],
  [
    { type: 'something_new', x: 1 },
    { type: 'unknown', name: 'something_new' },
  ],
])('%j is understood', (payload, expected) => {
  const json = JSON.stringify(payload);
  expect(parseVendorEvent(json)).toEqual({ ...expected, raw: payload });
  expect(parseVendorEvent(new TextEncoder().encode(json))).toEqual({ ...expected, raw: payload });
});

test.each([
  '',
  'null',
  '[]',
  '"push_to_talk:start"',
  '{}',
  '{"type":3e400}',
  '{"type":{}}',
  '{"type":',
  '\u0000',
])('%j holds no event', (payload) => {
  expect(parseVendorEvent(payload)).toBeUndefined();
});

test('no payload makes the parser throw, and what it returns has the types it says', () => {
  const field = fc.oneof(
    fc.string(),
    fc.double(),
    fc.constant(null),
    fc.dictionary(fc.string(), fc.jsonValue()),
    fc.array(fc.jsonValue()),
  );
  const name = fc.constantFrom(
    'avatar_start_talking',
    'avatar_stop_talking',
    'avatar_talking_message',
    'user_silence',
    'user_start',
    '__proto__',
  );
  const nearly = fc.record({
    type: fc.oneof(name, field),
    task_id: field,
    message: field,
    silence_times: field,
    duration_ms: field,
  });
  const payload = fc.oneof(
    fc.string(),
    fc.json(),
    nearly.map((o) => JSON.stringify(o)),
    fc.uint8Array(),
  );
  const holds = (event: object, key: string, type: string) =>
    !(key in event) || typeof event[key as keyof typeof event] === type;
  const property = fc.property(payload, (p) => {
    const event = parseVendorEvent(p) ?? {};
    return (
      ['taskId', 'message', 'name'].every((key) => holds(event, key, 'string')) &&
      holds(event, 'durationMs', 'number')
    );
  });
  expect(() => fc.assert(property)).not.toThrow();
});
