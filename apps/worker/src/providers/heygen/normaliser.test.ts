import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Normaliser } from './normaliser.ts';

const at = 1_764_000_000_000;

function meanings(normaliser: Normaliser, payload: object) {
  const [raw, ...rest] = normaliser.fromRoom(JSON.stringify(payload), at);
  expect(raw).toMatchObject({ type: 'raw', source: 'room', payload });
  return rest;
}

test('the life of a task is told in the words of all vendors, each event behind its raw form', () => {
  const n = new Normaliser();
  const task = { taskId: 't' };
  expect(meanings(n, { type: 'avatar_talking_message', task_id: 't', message: 'Hi ' })).toEqual([
    { type: 'caption', ...task, speaker: 'avatar', text: 'Hi ', final: false },
  ]);
  expect(meanings(n, { type: 'avatar_start_talking', task_id: 't' })).toEqual([
    { type: 'speech.started', ...task, at },
  ]);
  expect(meanings(n, { type: 'avatar_talking_message', task_id: 't', message: 'you' })).toMatchObject([
    { text: 'Hi you' },
  ]);
  expect(meanings(n, { type: 'avatar_stop_talking', task_id: 't', duration_ms: 5 })).toEqual([
    { type: 'caption', ...task, speaker: 'avatar', text: 'Hi you', final: true },
    { type: 'speech.ended', ...task, at },
  ]);
  expect(meanings(n, { type: 'avatar_end_message', task_id: 't' })).toEqual([]);
});

test('what the user does is told without inventing numbers', () => {
  const n = new Normaliser();
  expect(meanings(n, { event_type: 'user_start' })).toEqual([{ type: 'user.started' }]);
  expect(meanings(n, { event_type: 'user_stop' })).toEqual([{ type: 'user.stopped' }]);
  expect(meanings(n, { event_type: 'user_silence' })).toEqual([{ type: 'user.silent' }]);
  expect(meanings(n, { event_type: 'user_silence', silence_times: 2, count_down: 0 })).toEqual([
    { type: 'user.silent', silenceTimes: 2, countDown: 0 },
  ]);
});

test('an event nobody knows is passed on raw, and what is no event is nothing', () => {
  const n = new Normaliser();
  expect(n.fromRoom('{"type":"brand_new","x":1}', at)).toEqual([
    { type: 'raw', source: 'room', name: 'brand_new', payload: { type: 'brand_new', x: 1 } },
  ]);
  expect(n.fromRoom('"push_to_talk:start"', at)).toEqual([]);
});

test('no sequence of payloads makes it throw', () => {
  const name = fc.constantFrom(
    'avatar_talking_message',
    'avatar_stop_talking',
    'avatar_end_message',
    'user_talking_message',
    'user_silence',
  );
  const payload = fc
    .record({ type: name, task_id: fc.option(fc.string()), message: fc.jsonValue() })
    .map((o) => JSON.stringify(o));
  const property = fc.property(fc.array(fc.oneof(payload, fc.string())), (payloads) => {
    const n = new Normaliser();
    for (const one of payloads) n.fromRoom(one, at);
  });
  expect(() => fc.assert(property)).not.toThrow();
});
