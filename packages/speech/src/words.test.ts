import { expect, test } from 'vitest';
import { timeWords } from './words.ts';

test('each clause starts with the sound after its pause', () => {
  const spans = [
    { startMs: 100, endMs: 900 },
    { startMs: 1400, endMs: 2000 },
  ];
  const words = timeWords('Good morning, everybody.', spans);
  expect(words.map(({ text }) => text)).toEqual(['Good', 'morning,', 'everybody.']);
  expect(words[0]!.atMs).toBe(100);
  expect(words[1]!.atMs).toBeGreaterThan(300);
  expect(words[1]!.atMs).toBeLessThan(500);
  expect(words[2]!.atMs).toBe(1400);
});

test('words are spread over the sound when there are more pauses than clauses', () => {
  const spans = [
    { startMs: 0, endMs: 500 },
    { startMs: 1000, endMs: 1500 },
  ];
  expect(timeWords('abcd efgh', spans)).toEqual([
    { text: 'abcd', atMs: 0 },
    { text: 'efgh', atMs: 1000 },
  ]);
});

test('a text without words, or without sound, has none', () => {
  expect(timeWords('  ', [{ startMs: 0, endMs: 100 }])).toEqual([]);
  expect(timeWords('word', [])).toEqual([]);
});
