import { expect, test } from 'vitest';
import { SpokenText } from './spoken-text.ts';

test('knows which words were heard, where the voice tells their times', () => {
  const spoken = new SpokenText();
  spoken.begin('Good morning.', 0);
  spoken.add([{ text: 'Good', atMs: 0 }]);
  spoken.add([{ text: 'morning.', atMs: 400 }]);
  spoken.end(900);
  spoken.begin('Hello.', 900);
  spoken.add([{ text: 'Hello.', atMs: 50 }]);
  expect(spoken.heardAt(0)).toBe('Good');
  expect(spoken.heardAt(949)).toBe('Good morning.');
  expect(spoken.heardAt(950)).toBe('Good morning. Hello.');
});

test('spreads the words over the sentence where the voice tells no times', () => {
  const spoken = new SpokenText();
  spoken.begin('abcd efgh', 1000);
  expect(spoken.whole).toBe('');
  spoken.end(3000);
  expect(spoken.heardAt(1000)).toBe('abcd');
  expect(spoken.heardAt(2000)).toBe('abcd efgh');
  expect(spoken.whole).toBe('abcd efgh');
});
