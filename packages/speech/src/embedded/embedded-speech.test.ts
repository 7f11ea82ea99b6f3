import { afterAll, expect, test } from 'vitest';
import { sampleRateHz, type SpeechChunk, type SpeechRequest } from '../speech-synthesizer.ts';
import { EmbeddedSpeech } from './embedded-speech.ts';

const speech = new EmbeddedSpeech();
afterAll(() => speech.close());

const { signal: never } = new AbortController();
const long =
  'Good morning, everybody. Our new phone is lighter and faster than the last, and it costs less. Buy it!';

async function collect(request: Omit<SpeechRequest, 'signal'>): Promise<SpeechChunk[]> {
  const chunks: SpeechChunk[] = [];
  for await (const chunk of speech.synthesize({ ...request, signal: never })) chunks.push(chunk);
  return chunks;
}
const durationMs = (chunks: SpeechChunk[]) =>
  (chunks.reduce((sum, { pcm }) => sum + pcm.length, 0) / sampleRateHz) * 1000;
const loudest = (pcm: Int16Array) => pcm.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);

test('speaks part by part, each one loud, and the first soon after the text came', async () => {
  speech.prepare();
  speech.prepare();
  await collect({ text: 'Warm.' });
  const startedAt = performance.now();
  const iterator = speech.synthesize({ text: long, signal: never })[Symbol.asyncIterator]();
  const first = (await iterator.next()).value!;
  const firstAfterMs = performance.now() - startedAt;
  const rest: SpeechChunk[] = [];
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) rest.push(next.value);
  expect(rest).toHaveLength(2);
  expect(firstAfterMs).toBeLessThan((performance.now() - startedAt) * 0.6);
  for (const { pcm } of [first, ...rest]) expect(loudest(pcm)).toBeGreaterThan(10_000);
  expect(durationMs([first, ...rest])).toBeGreaterThan(5000);
  expect(durationMs([first, ...rest])).toBeLessThan(10_000);
});

test('begins with sound, not with silence', async () => {
  const [first] = await collect({ text: 'Hello.' });
  const silent = first!.pcm.findIndex((sample) => Math.abs(sample) > 500);
  expect((silent / sampleRateHz) * 1000).toBeLessThan(100);
});

test('tells each word once, in order, with times within the utterance', async () => {
  const chunks = await collect({ text: long });
  const words = chunks.flatMap((chunk) => chunk.words ?? []);
  expect(words.map(({ text }) => text).join(' ')).toBe(long);
  const times = words.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.at(-1)).toBeLessThan(durationMs(chunks));
});

test('is faster with a higher rate', async () => {
  const [normal, fast] = [await collect({ text: long }), await collect({ text: long, rate: 1.5 })];
  expect(durationMs(fast) / durationMs(normal)).toBeLessThan(0.8);
});

test('speaks German with the same clock', async () => {
  const chunks = await collect({ text: 'Guten Tag. Das Gerät kostet 12,50 Euro.', language: 'de-DE' });
  expect(durationMs(chunks)).toBeGreaterThan(2000);
  expect(durationMs(chunks)).toBeLessThan(8000);
  expect(loudest(chunks[0]!.pcm)).toBeGreaterThan(8000);
});

test('has no sound for a text without anything sayable', async () => {
  expect(await collect({ text: '🙂 …' })).toEqual([]);
});

test('refuses a language that it does not speak', async () => {
  await expect(collect({ text: 'nuqneH', language: 'tlh-AQ' })).rejects.toMatchObject({
    name: 'TerminalSpeechError',
    code: 'unsupported-language',
  });
  await expect(collect({ text: '你好，世界' })).rejects.toMatchObject({ code: 'unsupported-language' });
});

test('stops when it is aborted, and goes on with the next text', async () => {
  const controller = new AbortController();
  const heard: SpeechChunk[] = [];
  const speaking = (async () => {
    for await (const chunk of speech.synthesize({ text: long, signal: controller.signal })) {
      heard.push(chunk);
      controller.abort();
    }
  })();
  await expect(speaking).rejects.toMatchObject({ name: 'CancelledError', code: 'cancelled' });
  expect(heard).toHaveLength(1);
  expect(await collect({ text: 'Next.' })).toHaveLength(1);
});

test('a text behind an aborted one does not wait for it', async () => {
  const controller = new AbortController();
  const waiting = Array.from({ length: 20 }, async () => {
    for await (const chunk of speech.synthesize({ text: long, signal: controller.signal }))
      expect(chunk).toBeDefined();
  });
  const settled = Promise.allSettled(waiting);
  controller.abort();
  const startedAt = performance.now();
  await collect({ text: 'Next.' });
  expect(performance.now() - startedAt).toBeLessThan(1000);
  expect((await settled).every(({ status }) => status === 'rejected')).toBe(true);
});

test('refuses texts once it is closed', async () => {
  const closed = new EmbeddedSpeech();
  await closed.close();
  await closed.close();
  const chunks = closed.synthesize({ text: 'Hello.', signal: never });
  await expect(chunks[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'cancelled' });
});
