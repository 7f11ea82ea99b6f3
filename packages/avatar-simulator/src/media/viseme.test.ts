import { expect, test } from 'vitest';
import { mouths } from './face.ts';
import { mouthsOf, mouthStep, mouthTimeline } from './viseme.ts';

const shownAt = (timeline: Uint8Array, ms: number) => mouths[timeline[ms / mouthStep]!];

test('lips close for p, b and m, and meet the teeth for f and v', () => {
  for (const symbol of ['p', 'b', 'm']) expect(mouthsOf(symbol)).toEqual(['closed']);
  for (const symbol of ['f', 'v']) expect(mouthsOf(symbol)).toEqual(['lip']);
});

test('a diphthong moves from one mouth to the next, in ARPAbet and in IPA', () => {
  expect(mouthsOf('ay')).toEqual(['open', 'wide']);
  expect(mouthsOf('aɪ')).toEqual(['open', 'wide']);
  expect(mouthsOf('oʊ')).toEqual(['round', 'pucker']);
});

test('a sound that is not known still moves the lips', () => {
  expect(mouthsOf('ǃ')).toEqual(['small']);
});

test('the mouth goes with the sounds, a little ahead of them', () => {
  const timeline = mouthTimeline(
    [
      { symbol: 'm', startMs: 0, endMs: 100 },
      { symbol: 'aa', startMs: 100, endMs: 300 },
      { symbol: 'ow', startMs: 300, endMs: 500 },
    ],
    600,
  );
  expect(timeline).toHaveLength(60);
  expect(shownAt(timeline, 0)).toBe('closed');
  expect(shownAt(timeline, 60)).toBe('closed');
  expect(shownAt(timeline, 80)).toBe('open');
  expect(shownAt(timeline, 280)).toBe('round');
  expect(shownAt(timeline, 400)).toBe('pucker');
  expect(shownAt(timeline, 590)).toBe('rest');
});

test('the mouth closes in a short pause and rests in a long one', () => {
  expect(shownAt(mouthTimeline([{ symbol: '', startMs: 0, endMs: 200 }], 200), 100)).toBe('closed');
  expect(shownAt(mouthTimeline([{ symbol: '', startMs: 0, endMs: 900 }], 900), 500)).toBe('rest');
});
