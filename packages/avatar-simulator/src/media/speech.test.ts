import { afterAll, expect, test } from 'vitest';
import { mouths } from './face.ts';
import { audioFrameMs } from './opus.ts';
import { SpeechMaker } from './speech.ts';
import type { SpeechClip } from './speech.ts';
import { mouthStep } from './viseme.ts';
import { voiceFor } from './voice.ts';

const speeches = new SpeechMaker({ remembered: 2 });
afterAll(() => speeches.close());

const tenWords = 'Our new phone is lighter and faster than the last.';
const english = voiceFor(undefined);
const shown = (clip: SpeechClip) => new Set(Array.from(clip.mouths, (index) => mouths[index]));

test('ten words take two to six seconds, in packets of 20 ms that are loud', async () => {
  const clip = await speeches.make(tenWords, english);
  expect(clip.durationMs).toBeGreaterThan(2000);
  expect(clip.durationMs).toBeLessThan(6000);
  expect(clip.frames).toHaveLength(clip.durationMs / audioFrameMs);
  expect(clip.levels).toHaveLength(clip.frames.length);
  expect(clip.levels.filter((level) => level < 30).length).toBeGreaterThan(clip.frames.length / 2);
  const bytesPerSecond = clip.frames.reduce((sum, frame) => sum + frame.length, 0) / (clip.durationMs / 1000);
  expect(bytesPerSecond).toBeGreaterThan(2000);
  expect(bytesPerSecond).toBeLessThan(8000);
});

test('the mouth shows many shapes for as long as the sound lasts', async () => {
  const clip = await speeches.make(tenWords, english);
  expect(clip.mouths).toHaveLength(clip.durationMs / mouthStep);
  expect(shown(clip).size).toBeGreaterThan(6);
});

test('the words of the text are told in order, with their time', async () => {
  const { words, durationMs } = await speeches.make(tenWords, english);
  expect(words.map(({ text }) => text).join(' ')).toBe(tenWords);
  const times = words.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.at(-1)).toBeLessThan(durationMs);
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

test('another voice sounds different', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  const other = ids.map((id) => voiceFor(id)).find(({ pitch }) => pitch !== english.pitch)!;
  const [one, two] = await Promise.all([speeches.make('Hello.', english), speeches.make('Hello.', other)]);
  expect(Buffer.concat(one.frames).equals(Buffer.concat(two.frames))).toBe(false);
});

test.each([
  ['de', 'Schön, dass Sie da sind! Das Gerät kostet 12,50 Euro.'],
  ['fr', 'Bonjour et bienvenue, comment puis-je vous aider ?'],
  ['es', 'Hola, ¿cómo está usted? Bienvenido a la demostración.'],
])('%s is spoken, with lips and words', async (language, text) => {
  const clip = await speeches.make(text, voiceFor(undefined, language));
  expect(clip.durationMs).toBeGreaterThan(1500);
  expect(clip.durationMs).toBeLessThan(9000);
  expect(clip.levels.filter((level) => level < 30).length).toBeGreaterThan(clip.frames.length / 3);
  expect(shown(clip).size).toBeGreaterThan(5);
  expect(clip.words[0]).toMatchObject({ text: text.split(' ')[0] });
  expect(clip.words.length).toBeGreaterThan(6);
});

test('a text that cannot be pronounced is a short silence, and odd characters do no harm', async () => {
  expect((await speeches.make('🙂', english)).durationMs).toBeLessThan(1000);
  const clip = await speeches.make('“Café” — it’s 5 € & <b>naïve</b>', english);
  expect(clip.durationMs).toBeGreaterThan(1500);
});
