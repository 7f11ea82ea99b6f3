import { expect, test } from 'vitest';
import { answerTo, presentAttribute, readAnswer } from './roll-call.ts';

test.each([
  { sinceMs: 9_000 },
  { sinceMs: 9_000, beganMs: 2_500 },
  { sinceMs: 9_000, beganMs: 2_500, endedMs: 400 },
])('what the relay heard comes back with its answer: %j', (heard) => {
  expect(readAnswer('call-2', answerTo('call-2', heard))).toEqual(heard);
});

test('the answer to another roll call is none', () => {
  expect(readAnswer('call-2', answerTo('call-1', { sinceMs: 9_000 }))).toBeUndefined();
});

test('a relay that tells nothing of the voice is there all the same', () => {
  expect(readAnswer('call-2', { [presentAttribute]: 'call-2' })).toEqual({ sinceMs: 0 });
});
