import { array, assert, constantFrom, integer, oneof, pre, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utterances } from './utterances.ts';

const split = (text: string, language?: string, maxLength = 1_000) =>
  utterances(text, { mode: 'repeat', maxLength, ...(language && { language }) });
const withoutSpace = (text: string) => text.replaceAll(/\s/gu, '');

describe('utterances', () => {
  it.each<[string, string | undefined, string, string[]]>([
    ['one sentence', 'en', 'The weather is fine today.', ['The weather is fine today.']],
    [
      'two sentences',
      'en',
      'The weather is fine today. We should go outside!',
      ['The weather is fine today.', 'We should go outside!'],
    ],
    ['no sentence end', 'en', 'nobody wrote a full stop here', ['nobody wrote a full stop here']],
    [
      'titles',
      'en',
      'Dr. Smith met Mrs. Jones. They talked for hours.',
      ['Dr. Smith met Mrs. Jones.', 'They talked for hours.'],
    ],
    [
      'initials',
      'en',
      'We read J. R. R. Tolkien aloud. It took a year.',
      ['We read J. R. R. Tolkien aloud.', 'It took a year.'],
    ],
    [
      'prices and versions',
      'en',
      'It costs $3.50 with node.js v1.2.3 included.',
      ['It costs $3.50 with node.js v1.2.3 included.'],
    ],
    [
      'short pieces with the next',
      'en',
      'Yes. No. The third sentence is long enough.',
      ['Yes. No. The third sentence is long enough.'],
    ],
    [
      'a short last piece with the one before',
      'en',
      'That is the whole story. Bye!',
      ['That is the whole story. Bye!'],
    ],
    [
      'lines',
      'en',
      'The first line of the list\nThe second line of the list',
      ['The first line of the list', 'The second line of the list'],
    ],
    [
      'Spanish',
      'es',
      '¿Cómo está usted esta mañana? ¡Estamos muy bien, gracias!',
      ['¿Cómo está usted esta mañana?', '¡Estamos muy bien, gracias!'],
    ],
    [
      'Spanish titles',
      'es',
      'El Sr. García llegó a las tres. La Dra. Ruiz no vino.',
      ['El Sr. García llegó a las tres.', 'La Dra. Ruiz no vino.'],
    ],
    [
      'German ordinals',
      'de',
      'Am 3. Oktober kommt Dr. Maier zu uns. Wir freuen uns sehr.',
      ['Am 3. Oktober kommt Dr. Maier zu uns.', 'Wir freuen uns sehr.'],
    ],
    [
      'Japanese',
      'ja',
      '今日はいい天気ですね！散歩に行きましょう。',
      ['今日はいい天気ですね！', '散歩に行きましょう。'],
    ],
    [
      'Japanese quotes',
      'ja',
      '散歩に行きましょう。「はい、行きましょう。」と言った。',
      ['散歩に行きましょう。', '「はい、行きましょう。」と言った。'],
    ],
    [
      'Chinese',
      'zh',
      '今天的天气真的很好。我们一起去公园散步吧！',
      ['今天的天气真的很好。', '我们一起去公园散步吧！'],
    ],
    ['emoji with their sentence', 'en', 'Good to see you again 👋🏽. 👨‍👩‍👧', ['Good to see you again 👋🏽. 👨‍👩‍👧']],
    ['nothing but emoji', undefined, '👋🏽 👨‍👩‍👧', ['👋🏽 👨‍👩‍👧']],
  ])('splits %s', (_, language, text, expected) => {
    expect(split(text, language)).toEqual(expected);
  });

  it('never splits talk', () => {
    const text = 'Who are you? Where do you come from? Please tell me everything.';
    expect(utterances(text, { mode: 'talk', maxLength: 20 })).toEqual([text]);
  });

  it('cuts a sentence that is too long at a clause', () => {
    const clause = 'this clause has some forty characters in it';
    expect(split(`${clause}, ${clause}, ${clause}`, 'en', 100)).toEqual([`${clause}, ${clause},`, clause]);
  });

  it('cuts at a space when there is no clause', () => {
    const pieces = split('word '.repeat(100).trim(), 'en', 52);
    expect(pieces.every((piece) => piece.length <= 52 && /^(word ?)+$/u.test(piece))).toBe(true);
  });

  it('cuts between characters as people see them when there is no seam at all', () => {
    const family = '👨‍👩‍👧';
    const pieces = split(family.repeat(40), undefined, 50);
    expect(pieces.every((piece) => piece.length <= 50 && piece.length % family.length === 0)).toBe(true);
  });

  it('loses nothing, stays within the length and is never empty, whatever the text', () => {
    const words = array(
      oneof(
        string({ unit: 'grapheme' }),
        constantFrom('Dr.', 'J.', '3.', '。', '「', '¿', '. ', '!', '…', ', ', '\n', 'Hello there'),
      ),
      { minLength: 1 },
    );
    assert(
      property(words, integer({ min: 20, max: 200 }), (parts, maxLength) => {
        const text = parts.join(' ').trim();
        pre(text !== '');
        const pieces = split(text, 'en', maxLength);
        expect(withoutSpace(pieces.join(''))).toBe(withoutSpace(text));
        expect(pieces.length).toBeGreaterThan(0);
        expect(pieces.every((piece) => piece.length <= maxLength && piece.trim() !== '')).toBe(true);
      }),
    );
  });
});
