import { expect, test } from 'vitest';
import { parts } from './parts.ts';

const texts = (text: string, language?: string) => parts(text, language).map((part) => part.text);

test('cuts at sentences, with a pause behind each', () => {
  expect(parts('Good morning! How are you?')).toEqual([
    { text: 'Good morning!', pauseMs: 320 },
    { text: 'How are you?', pauseMs: 320 },
  ]);
});

test('cuts a long first sentence at its first clause, and no later one', () => {
  const sentence = 'Our new phone is lighter, faster and cheaper than any that we have made before.';
  expect(texts(`${sentence} ${sentence}`)).toEqual([
    'Our new phone is lighter,',
    'faster and cheaper than any that we have made before.',
    sentence,
  ]);
});

test('cuts a long first sentence without clauses between words', () => {
  const words = Array.from({ length: 40 }, (_, index) => `word${index}`).join(' ');
  const cut = texts(words);
  expect(cut[0]!.length).toBeLessThanOrEqual(80);
  expect(cut.join(' ')).toBe(words);
});

test('cuts what has neither sentences nor words', () => {
  const cut = texts('x'.repeat(1000));
  expect(cut[0]).toHaveLength(80);
  expect(cut.join('')).toHaveLength(1000);
});

test('does not take the dot of an abbreviation for an end', () => {
  expect(texts('Dr. Smith lives here. He is in.')).toEqual(['Dr. Smith lives here.', 'He is in.']);
});

test('leaves out what cannot be said', () => {
  expect(texts('🙂 ... !!')).toEqual([]);
  expect(texts('')).toEqual([]);
  expect(texts('Hello there. 🙂')).toEqual(['Hello there.']);
});

test('takes an unknown language for English', () => {
  expect(texts('One day. Two days.', 'not a language')).toEqual(['One day.', 'Two days.']);
});

test('loses no word', () => {
  const text =
    'At 9:30 a.m., the U.S. team (all 12 of them), tired but happy, met Mr. and Mrs. Jones; they said: “Well… done!” ' +
    'Prices rose 3.5 % to $1,200.50. Why? Nobody knows.';
  expect(texts(text).join(' ')).toBe(text);
});
