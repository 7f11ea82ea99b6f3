import { expect, test } from 'vitest';
import type { Mouth } from './face.ts';
import { MouthGuess } from './mouth-guess.ts';

const frame = (hertz: number, peak: number): Int16Array =>
  Int16Array.from({ length: 480 }, (_, i) => peak * Math.sin((2 * Math.PI * hertz * i) / 24_000));

function after(guess: MouthGuess, sound: Int16Array, frames = 8): Mouth {
  for (let index = 0; index < frames; index++) guess.hear(sound, 20);
  return guess.mouth;
}

test('rests in silence, and opens wider for a louder sound', () => {
  const guess = new MouthGuess();
  expect(after(guess, frame(0, 0))).toBe('rest');
  expect(after(guess, frame(700, 20_000))).toBe('open');
  expect(after(guess, frame(700, 5_000))).toBe('mid');
});

test('closes between words and rests after them', () => {
  const guess = new MouthGuess();
  after(guess, frame(700, 20_000));
  expect(after(guess, frame(0, 0), 1)).toBe('closed');
  expect(after(guess, frame(0, 0), 20)).toBe('rest');
});

test('shows teeth for a hiss and round lips for a low sound', () => {
  expect(after(new MouthGuess(), frame(6_000, 15_000))).toBe('teeth');
  expect(after(new MouthGuess(), frame(250, 20_000))).toBe('round');
});

test('does not flicker: a mouth stays for 60 ms', () => {
  const guess = new MouthGuess();
  after(guess, frame(700, 20_000));
  const seen = Array.from({ length: 30 }, (_, index) =>
    guess.hear(index % 2 === 0 ? frame(250, 20_000) : frame(700, 20_000), 20),
  );
  const changes = seen.filter((mouth, index) => index > 0 && mouth !== seen[index - 1]).length;
  expect(changes).toBeLessThanOrEqual(10);
});
