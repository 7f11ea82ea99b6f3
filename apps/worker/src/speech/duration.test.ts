import { describe, expect, it } from 'vitest';
import { expectedDuration } from './duration.ts';

describe('expectedDuration', () => {
  it.each([
    ['an English sentence', 'The quick brown fox jumps over the lazy dog.', 2_000, 4_500],
    ['a Japanese sentence', '今日はいい天気ですね。', 1_000, 3_000],
    ['digits, which are read out', '555 0123', 1_500, 3_000],
    ['nothing to say', '👋', 0, 0],
  ])('guesses %s', (_, text, low, high) => {
    expect(expectedDuration(text)).toBeGreaterThanOrEqual(low);
    expect(expectedDuration(text)).toBeLessThanOrEqual(high);
  });

  it('is shorter for a faster voice', () => {
    expect(expectedDuration('Good morning.', 1.5)).toBeLessThan(expectedDuration('Good morning.'));
  });
});
