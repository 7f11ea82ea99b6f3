import { afterAll, expect, test } from 'vitest';
import { audioFrameMs } from '../opus.ts';
import { voiceFor } from './voice.ts';
import { VoiceThread } from './voice-thread.ts';

const thread = new VoiceThread();
afterAll(() => thread.close());

const tenWords = 'Our new phone is lighter and faster than the last.';
const english = voiceFor(undefined);

test('ten words take two to six seconds, in packets of 20 ms that are loud', async () => {
  const clip = await thread.say(tenWords, english);
  expect(clip.durationMs).toBeGreaterThan(2000);
  expect(clip.durationMs).toBeLessThan(6000);
  expect(clip.frames).toHaveLength(clip.durationMs / audioFrameMs);
  expect(clip.levels).toHaveLength(clip.frames.length);
  expect(clip.levels.filter((level) => level < 30).length).toBeGreaterThan(clip.frames.length / 2);
  const bytesPerSecond = clip.frames.reduce((sum, frame) => sum + frame.length, 0) / (clip.durationMs / 1000);
  expect(bytesPerSecond).toBeGreaterThan(2000);
  expect(bytesPerSecond).toBeLessThan(8000);
});

test('the sounds of the text are told, one after another, for as long as it lasts', async () => {
  const { phones, durationMs } = await thread.say(tenWords, english);
  expect(new Set(phones.map(({ symbol }) => symbol)).size).toBeGreaterThan(10);
  for (const [index, { startMs }] of phones.entries()) expect(startMs).toBe(phones[index - 1]?.endMs ?? 0);
  expect(Math.abs(phones.at(-1)!.endMs - durationMs)).toBeLessThan(500);
});

test('the words of the text are told in order, with their time', async () => {
  const { words, durationMs } = await thread.say(tenWords, english);
  expect(words.map(({ text }) => text).join(' ')).toBe(tenWords);
  const times = words.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.at(-1)).toBeLessThan(durationMs);
});

test('a faster rate makes a shorter speech', async () => {
  const [normal, fast] = await Promise.all([
    thread.say(tenWords, english),
    thread.say(tenWords, english, 1.5),
  ]);
  expect(fast.durationMs / normal.durationMs).toBeCloseTo(1 / 1.5, 1);
});

test('another voice sounds different', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  const other = ids.map((id) => voiceFor(id)).find(({ pitch }) => pitch !== english.pitch)!;
  const [one, two] = await Promise.all([thread.say('Hello.', english), thread.say('Hello.', other)]);
  expect(Buffer.concat(one.frames).equals(Buffer.concat(two.frames))).toBe(false);
});

test.each([
  ['de', 'Schön, dass Sie da sind! Das Gerät kostet 12,50 Euro.'],
  ['fr', 'Bonjour et bienvenue, comment puis-je vous aider ?'],
  ['es', 'Hola, ¿cómo está usted? Bienvenido a la demostración.'],
])('%s is spoken, with sounds and words', async (language, text) => {
  const clip = await thread.say(text, voiceFor(undefined, language));
  expect(clip.durationMs).toBeGreaterThan(1500);
  expect(clip.durationMs).toBeLessThan(9000);
  expect(clip.levels.filter((level) => level < 30).length).toBeGreaterThan(clip.frames.length / 3);
  expect(new Set(clip.phones.map(({ symbol }) => symbol)).size).toBeGreaterThan(5);
  expect(clip.words[0]).toMatchObject({ text: text.split(' ')[0] });
  expect(clip.words.length).toBeGreaterThan(6);
});

test('a text that cannot be pronounced is a short silence, and odd characters do no harm', async () => {
  expect((await thread.say('🙂', english)).durationMs).toBeLessThan(1000);
  const clip = await thread.say('“Café” — it’s 5 € & <b>naïve</b>', english);
  expect(clip.durationMs).toBeGreaterThan(1500);
});
