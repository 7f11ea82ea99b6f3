import { voiceFor } from '@avatar-bridge/speech';
import { afterAll, expect, test } from 'vitest';
import { mouths } from './face.ts';
import { type SpeechClip, SpeechMaker } from './speech.ts';
import { mouthStep } from './viseme.ts';

const speeches = new SpeechMaker({ remembered: 2 });
afterAll(() => speeches.close());

const tenWords = 'Our new phone is lighter and faster than the last.';
const english = voiceFor(undefined);
const shown = (clip: SpeechClip) => new Set(Array.from(clip.mouths, (index) => mouths[index]));

test('the mouth shows many shapes for as long as the sound lasts', async () => {
  const clip = await speeches.make(tenWords, english);
  expect(clip.mouths).toHaveLength(clip.durationMs / mouthStep);
  expect(shown(clip).size).toBeGreaterThan(6);
});

test('a faster rate makes a shorter speech, within bounds', async () => {
  const normal = await speeches.make(tenWords, english);
  const fast = await speeches.make(tenWords, english, 1.5);
  const faster = await speeches.make(tenWords, english, 9);
  expect(fast.durationMs / normal.durationMs).toBeCloseTo(1 / 1.5, 1);
  expect(faster.durationMs).toBe(fast.durationMs);
});

test('what was said lately is not made again', async () => {
  const first = speeches.make('Once more.', english);
  await first;
  expect(speeches.make('Once more.', english)).toBe(first);
  await Promise.all([speeches.make('One.', english), speeches.make('Two.', english)]);
  expect(speeches.make('Once more.', english)).not.toBe(first);
});

test('lips move in other languages, too', async () => {
  const clip = await speeches.make('Schön, dass Sie da sind!', voiceFor(undefined, 'de'));
  expect(shown(clip).size).toBeGreaterThan(5);
});
