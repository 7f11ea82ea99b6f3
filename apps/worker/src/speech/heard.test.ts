import { describe, expect, it } from 'vitest';
import { heardText, mayBe } from './heard.ts';
import { split } from './pieces.ts';
import { type PieceState, type Speech, speechOf } from './speech.ts';

const since = 100_000;
const speaking: PieceState = { name: 'speaking', at: since - 500, taskId: 't', since };
const submitted: PieceState = { name: 'submitted', at: since, taskId: 't' };
const done: PieceState = { name: 'done' };

const speech = (text: string, states: PieceState[], mode: 'repeat' | 'talk' = 'repeat'): Speech =>
  speechOf(
    { type: 'message', id: 'msg_1', seq: 1, mode, text, acceptedAt: 0 },
    split(text, { mode, maxLength: 1_000 }).map((piece, index) => {
      const state = states[index];
      return state ? Object.assign(piece, { state }) : piece;
    }),
  );
const text = 'The museum opens at nine o’clock in the morning.  It closes at six in the evening.';
const length = split(text, { mode: 'repeat', maxLength: 1_000 })[0]?.expected ?? 0;

describe('heardText', () => {
  it.each<[string, PieceState[], number, string]>([
    ['is empty when nothing was given to the vendor', [], since, ''],
    ['is empty when nothing was begun', [submitted], since + 60_000, ''],
    ['is empty when it has just begun', [speaking], since, ''],
    ['is cut behind a word', [speaking], since + 0.5 * length, 'The museum opens at'],
    ['grows with time', [speaking], since + 0.9 * length, 'The museum opens at nine o’clock in the'],
    [
      'is no more than what was begun, however long ago',
      [speaking, submitted],
      since + 60_000,
      'The museum opens at nine o’clock in the morning.',
    ],
    [
      'goes on behind what was said to its end',
      [done, speaking],
      since + 0.5 * length,
      'The museum opens at nine o’clock in the morning. It closes at six in',
    ],
    ['knows what was said', [done, submitted], since, 'The museum opens at nine o’clock in the morning.'],
  ])('%s', (_, states, at, heard) => {
    expect(heardText(speech(text, states), at, () => undefined)).toBe(heard);
  });

  it('cuts where there is no space between words', () => {
    const chinese = '今天的天气真的很好我们一起去公园散步吧';
    const heard = heardText(speech(chinese, [speaking]), since + 1_500, () => undefined);
    expect(chinese.startsWith(heard)).toBe(true);
    expect(heard.length).toBeGreaterThan(2);
    expect(heard.length).toBeLessThan(chinese.length);
  });

  it('is the answer to a question, as far as that is known', () => {
    const captions = new Map([['t', 'I am']]);
    const heard = (state: PieceState) =>
      heardText(speech('Who are you?', [state], 'talk'), since + 60_000, (taskId) => captions.get(taskId));
    expect(heard(speaking)).toBe('I am');
    expect(heard({ ...speaking, taskId: 'other' })).toBe('');
    expect(heard(submitted)).toBe('');
  });
});

describe('mayBe', () => {
  const piece = (said: string, mode: 'repeat' | 'talk' = 'repeat') => speech(said, [], mode).pieces[0]!;
  it.each<[string, string | undefined, boolean]>([
    ['an unknown caption', undefined, true],
    ['an empty caption', '', true],
    ['its beginning', 'The Museum', true],
    ['all of it', 'the museum opens early', true],
    ['an opening', 'Welcome to our house.', false],
    ['another beginning', 'The music', false],
  ])('%s: %j, %j', (_, caption, expected) => {
    expect(mayBe(piece('The museum opens early.'), caption)).toBe(expected);
  });

  it('bears numbers that are captioned as words', () => {
    expect(mayBe(piece('9 people came.'), 'Nine people')).toBe(true);
  });

  it('knows nothing about an answer', () => {
    expect(mayBe(piece('Who are you?', 'talk'), 'I am Ada')).toBe(true);
  });
});
