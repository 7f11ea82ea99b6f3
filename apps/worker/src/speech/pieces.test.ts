import { describe, expect, test } from 'vitest';
import { split, splitInherited, textOf } from './pieces.ts';

const text =
  'The first sentence is said here.  The second one\nfollows it at once. And the third one ends it all.';
const options = { mode: 'repeat' as const, maxLength: 1_000 };
const record = (index: number, span: [number, number], state: 'submitted' | 'spoken' = 'spoken') => ({
  index,
  span,
  state,
  epoch: 1,
  at: 1,
});
const lettersOf = (some: string) => some.replaceAll(/[^\p{L}\p{N}]/gu, '');

describe('split', () => {
  test('names each piece by the characters that it covers', () => {
    const pieces = split(text, options);
    expect(pieces).toHaveLength(3);
    expect(pieces.map(({ span }) => textOf(text, span))).toEqual(pieces.map((piece) => piece.text));
    expect(pieces.map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  test('splits what is left of a message into shorter pieces, with fresh indexes', () => {
    const [first, ...rest] = split(text, options);
    const anew = split(text, { ...options, maxLength: 20 }, { from: first!.span[1], index: 3 });
    expect(anew[0]!.index).toBe(3);
    expect(anew.every((piece) => piece.text.length <= 20)).toBe(true);
    expect(anew.map((piece) => piece.text).join(' ')).toBe(rest.map((piece) => piece.text).join(' '));
  });

  test('never splits a question, and expects its answer to take long', () => {
    expect(split(text, { ...options, mode: 'talk', maxLength: 10 })).toMatchObject([
      { text, expected: 30_000 },
    ]);
  });

  test('any text at any length: the pieces cover all that can be said, and their spans give them back', () => {
    let random = 7;
    const draw = (below: number) => (random = (random * 48_271) % 2_147_483_647) % below;
    const words = [
      'Hello',
      'there.',
      'Ünïcödé',
      '日本語。',
      '👩‍🚀',
      'e.g.',
      '"Quoted!"',
      '\n\n',
      '—',
      'x'.repeat(40),
    ];
    for (let run = 0; run < 300; run++) {
      const some = Array.from({ length: 1 + draw(25) }, () => words[draw(words.length)])
        .join(' ')
        .trim();
      const pieces = split(some, { ...options, maxLength: 15 + draw(60) });
      expect(pieces.map((piece) => textOf(some, piece.span))).toEqual(pieces.map((piece) => piece.text));
      expect(lettersOf(pieces.map((piece) => piece.text).join(''))).toBe(lettersOf(some));
    }
  });

  test.each(['repeat', 'talk'] as const)('keeps a %s message that has nothing sayable in it', (mode) => {
    expect(split('🙂 …', { ...options, mode })).toMatchObject([{ text: '🙂 …' }]);
  });

  test('leaves out what has nothing sayable in it, at the beginning, within and at the end', () => {
    const line = '-'.repeat(60);
    const ruled = `${line}\nThe first of them.\n${line}\nThe second of them.\n${line}`;
    const short = { ...options, maxLength: 40 };
    const pieces = split(ruled, short);
    expect(pieces.map((piece) => textOf(ruled, piece.span))).toEqual(pieces.map((piece) => piece.text));
    expect(pieces.every((piece) => /[a-z]/.test(piece.text))).toBe(true);
    expect(pieces.map((piece) => piece.text.replaceAll('-', '').trim())).toEqual([
      'The first of them.',
      'The second of them.',
    ]);
    // A next owner finds them again, and nothing to say behind them.
    const all = pieces.map(({ index, span }) => record(index, [...span]));
    expect(splitInherited(ruled, all, short).map((piece) => piece.record?.index)).toEqual(
      pieces.map(({ index }) => index),
    );
  });
});

describe('splitInherited', () => {
  const [first, second] = split(text, options);

  test('keeps what was written down, and splits the rest as the provider now needs it', () => {
    const pieces = splitInherited(text, [record(0, [...first!.span])], { ...options, maxLength: 20 });
    expect(pieces[0]).toMatchObject({ index: 0, text: first!.text, record: { state: 'spoken' } });
    expect(pieces.slice(1).every((piece) => piece.text.length <= 20 && piece.record === undefined)).toBe(
      true,
    );
    expect(pieces[1]!.index).toBe(1);
  });

  test('a piece that was split anew replaces those before it that it overlaps', () => {
    const [from] = second!.span;
    const records = [
      record(0, [...first!.span]),
      record(1, [...second!.span], 'submitted'),
      record(3, [from, from + 9], 'submitted'),
    ];
    const pieces = splitInherited(text, records, options);
    expect(pieces.map(({ index }) => index).slice(0, 2)).toEqual([0, 3]);
    expect(pieces[1]).toMatchObject({ text: 'follows it', record: { index: 3 } });
    expect(pieces[2]!.text).toMatch(/^at once/);
  });

  test('a whole message that was written down leaves nothing to split', () => {
    const all = split(text, options).map(({ index, span }) => record(index, [...span]));
    expect(splitInherited(text, all, options).map((piece) => piece.record?.index)).toEqual([0, 1, 2]);
  });
});
