import { expect, test } from 'vitest';
import { sentencesOf } from './sentences.ts';

async function* pieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function sentences(text: string, size = 3, language?: string): Promise<string[]> {
  const all: string[] = [];
  for await (const sentence of sentencesOf(pieces(text, size), language)) all.push(sentence);
  return all;
}

test.each([1, 3, 1000])('finds the sentences of a text that comes in pieces of %i', async (size) => {
  const text = 'Good morning. Dr. Smith is in! Are you well? It costs 3.50 dollars';
  expect(await sentences(text, size)).toEqual([
    'Good morning.',
    'Dr. Smith is in!',
    'Are you well?',
    'It costs 3.50 dollars',
  ]);
});

test('gives out a sentence as soon as the next one begins', async () => {
  async function* slowly(): AsyncGenerator<string> {
    yield 'One. T';
    throw new Error('asked for more than was needed');
  }
  expect((await sentencesOf(slowly(), 'en').next()).value).toBe('One.');
});

test('takes out what is only meant for the eye', async () => {
  const text = '## Plan\n\n- **First**, see [the page](https://example.com/a_b).\n- Then `run` it.\n';
  expect((await sentences(text)).join(' ')).toBe('Plan First, see the page. Then run it.');
});

test('keeps what only looks like markup', async () => {
  expect(await sentences('2 * 3 = 6, not snake_case?')).toEqual(['2 * 3 = 6, not snake_case?']);
});

test('cuts a sentence without an end', async () => {
  const parts = await sentences('word '.repeat(300));
  expect(parts.length).toBeGreaterThan(2);
  expect(parts.every((part) => part.length <= 400)).toBe(true);
  expect(parts.join(' ')).toBe('word '.repeat(300).trim());
});

test('says nothing for nothing', async () => {
  expect(await sentences(' \n\n ')).toEqual([]);
});
