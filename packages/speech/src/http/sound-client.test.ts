import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { OpenAiSpeech } from '../openai/openai-speech.ts';
import type { SpeechSynthesizer } from '../speech-synthesizer.ts';
import {
  type Answer,
  bytesOf,
  drip,
  hang,
  json,
  page,
  sound,
  startSpeechServer,
  tone,
  wave,
} from '../testing/speech-server.ts';

const apiKey = 'sk-very-secret';
const text = 'Nobody may read this sentence in an error.';
const pcm = tone(500);

async function collect(
  speech: SpeechSynthesizer,
  signal = new AbortController().signal,
): Promise<Int16Array[]> {
  const pieces: Int16Array[] = [];
  for await (const chunk of speech.synthesize({ text, signal })) pieces.push(chunk.pcm);
  return pieces;
}

/** What the last of these answers becomes, with short timeouts. */
async function outcome(...script: Answer[]): Promise<{ error: unknown; samples: number; requests: number }> {
  await using server = await startSpeechServer(...script);
  const speech = new OpenAiSpeech({
    baseUrl: server.baseUrl,
    apiKey,
    timeouts: { firstByteMs: 300, gapMs: 200 },
  });
  let samples = 0;
  let error: unknown;
  try {
    for await (const chunk of speech.synthesize({ text, signal: new AbortController().signal }))
      samples += chunk.pcm.length;
  } catch (cause) {
    error = cause;
  }
  const told = `${String(error)} ${JSON.stringify(error)}`;
  expect(told).not.toContain(apiKey);
  expect(told).not.toContain(text);
  await speech.close();
  return { error, samples, requests: server.seen.length };
}

test('gives out sound as it comes, whatever the pieces it is cut into', async () => {
  const bytes = bytesOf(pcm);
  const pieces = [bytes.subarray(0, 7), bytes.subarray(7, 8), bytes.subarray(8, 1001), bytes.subarray(1001)];
  await using server = await startSpeechServer(drip(pieces, 40));
  const speech = new OpenAiSpeech({ baseUrl: server.baseUrl });
  const got = await collect(speech);
  expect(got.length).toBeGreaterThan(1);
  expect(Buffer.concat(got.map(bytesOf)).equals(bytes)).toBe(true);
  await speech.close();
});

test('gives out the first sound before the last has come', async () => {
  await using server = await startSpeechServer(drip([bytesOf(pcm), bytesOf(pcm)], 10, 'stay'));
  const speech = new OpenAiSpeech({ baseUrl: server.baseUrl });
  const chunks = speech.synthesize({ text, signal: new AbortController().signal })[Symbol.asyncIterator]();
  expect((await chunks.next()).value!.pcm.length).toBeGreaterThan(0);
  await speech.close();
  await expect(chunks.next().then(() => chunks.next())).rejects.toMatchObject({ code: 'cancelled' });
});

test('takes sound without a content type, and with a byte too many', async () => {
  const { samples } = await outcome(sound(Buffer.concat([bytesOf(pcm), Buffer.from([1])]), ''));
  expect(samples).toBe(pcm.length);
});

test('takes a WAV file of the right format without its header', async () => {
  expect(await outcome(sound(wave(pcm), 'audio/wav'))).toMatchObject({
    samples: pcm.length,
    error: undefined,
  });
});

test('drops the silence before the first sound', async () => {
  const { samples } = await outcome(sound(bytesOf(Int16Array.from([...new Int16Array(24_000), ...pcm]))));
  expect(samples).toBeLessThan(pcm.length + 600);
});

test.for<[string, Answer, RegExp]>([
  ['a WAV file of another rate', sound(wave(pcm, { rate: 22_050 }), 'audio/wav'), /WAV file of 22050 Hz/],
  ['a stereo WAV file', sound(wave(pcm, { channels: 2 })), /2 channels/],
  ['a WAV file of floats', sound(wave(pcm, { format: 3, bits: 32 })), /32 bits, format 3/],
  ['a content type with another rate', sound(bytesOf(pcm), 'audio/L16; rate=16000'), /16000 Hz/],
  ['an MP3 file', sound(Buffer.from([0xff, 0xfb, ...bytesOf(pcm)]), 'audio/mpeg'), /MP3/],
  ['a tagged MP3 file', sound(Buffer.concat([Buffer.from('ID3'), bytesOf(pcm)])), /MP3/],
  ['an Ogg file', sound(Buffer.concat([Buffer.from('OggS'), bytesOf(pcm)])), /Ogg/],
  ['JSON instead of sound', json(200, { audio: 'AAAA' }), /text/],
  ['a web page instead of sound', page(200), /text/],
  ['JSON that calls itself sound', sound(Buffer.from(JSON.stringify({ audio: 'A'.repeat(99) }))), /text/],
  ['a short text without a content type', sound(Buffer.from('<p>'), ''), /text/],
])('refuses %s', async ([, answer, message]) => {
  const { error, requests, samples } = await outcome(answer);
  expect(error).toMatchObject({ name: 'TerminalSpeechError', code: 'wrong-format' });
  expect(String(error)).toMatch(message);
  expect(requests).toBe(1);
  expect(samples).toBe(0);
});

const said = (message: string, more: object = {}) => ({
  error: { message: `${message} ${apiKey} ${text}`, ...more },
});

test.for<[number, Answer, string, string]>([
  [401, json(401, said('Incorrect API key provided:')), 'TerminalSpeechError', 'unauthorized'],
  [403, json(403, { detail: 'Forbidden' }), 'TerminalSpeechError', 'unauthorized'],
  [402, page(402), 'TerminalSpeechError', 'no-credits'],
  [429, json(429, said('Quota', { code: 'insufficient_quota' })), 'TerminalSpeechError', 'no-credits'],
  [401, json(401, { detail: { status: 'quota_exceeded' } }), 'TerminalSpeechError', 'no-credits'],
  [400, json(400, said('Unknown voice')), 'TerminalSpeechError', 'bad-request'],
  [404, page(404), 'TerminalSpeechError', 'bad-request'],
  [422, json(422, { detail: [{ loc: ['body'], msg: 'too long' }] }), 'TerminalSpeechError', 'bad-request'],
  [302, (r) => r.writeHead(302, { location: '/x' }).end(), 'TerminalSpeechError', 'bad-request'],
])('takes HTTP %i for final', async ([status, answer, name, code]) => {
  const { error, requests } = await outcome(answer);
  expect(error).toMatchObject({ name, code, status });
  expect(requests).toBe(1);
});

test.for<[string, Answer, string]>([
  ['HTTP 429', json(429, said('Slow down'), { 'retry-after': '0' }), 'rate-limited'],
  ['HTTP 503', page(503), 'unavailable'],
  ['HTTP 500 with rubbish', (r) => r.writeHead(500).end(Buffer.alloc(500_000, 0xfe)), 'unavailable'],
  ['no answer', hang, 'timeout'],
  ['headers and nothing more', (r) => r.writeHead(200).flushHeaders(), 'timeout'],
  ['an empty answer', sound(Buffer.alloc(0)), 'no-sound'],
  ['silence', sound(Buffer.alloc(48_000)), 'no-sound'],
  [
    'endless silence',
    drip(
      Array.from({ length: 400 }, () => Buffer.alloc(48_000)),
      1,
      'stay',
    ),
    'no-sound',
  ],
  ['a cut connection', (r) => void r.socket?.destroy(), 'network'],
])('tries again after %s, and then gives up', async ([, answer, code]) => {
  const { error, requests } = await outcome(answer);
  expect(error).toMatchObject({ name: 'RetryableSpeechError', code });
  expect(requests).toBe(3);
});

test('is not hindered by a failure that passes', async () => {
  expect(await outcome(page(502), hang, sound(bytesOf(pcm)))).toEqual({
    error: undefined,
    samples: pcm.length,
    requests: 3,
  });
});

test.for<[string, 'cut' | 'stay', string]>([
  ['breaks off', 'cut', 'cut-off'],
  ['falls silent', 'stay', 'timeout'],
])('never repeats a text of which sound was given out: the service %s', async ([, end, code]) => {
  const { error, requests, samples } = await outcome(drip([bytesOf(pcm)], 20, end));
  expect(error).toMatchObject({ name: 'RetryableSpeechError', code });
  expect(samples).toBe(pcm.length);
  expect(requests).toBe(1);
});

test('a listener that takes its time is no timeout', async () => {
  await using server = await startSpeechServer(drip([bytesOf(pcm), bytesOf(pcm)], 10));
  const speech = new OpenAiSpeech({ baseUrl: server.baseUrl, timeouts: { gapMs: 100 } });
  let samples = 0;
  for await (const chunk of speech.synthesize({ text, signal: new AbortController().signal })) {
    samples += chunk.pcm.length;
    await sleep(250);
  }
  expect(samples).toBe(2 * pcm.length);
  await speech.close();
});

test('gives up sound without end', async () => {
  await using server = await startSpeechServer((response) => {
    response.writeHead(200, { 'content-type': 'audio/pcm' });
    const second = bytesOf(tone(1000));
    const more = () => {
      while (response.write(second));
    };
    response.on('drain', more);
    more();
  });
  const speech = new OpenAiSpeech({ baseUrl: server.baseUrl });
  await expect(collect(speech)).rejects.toMatchObject({ code: 'cut-off' });
  await speech.close();
});

test.for<[string, Answer]>([
  ['before an answer', hang],
  ['in the middle', drip([bytesOf(pcm)], 10, 'stay')],
  ['between two tries', page(503)],
])('stops at once when it is aborted %s, and hangs up', async ([, answer]) => {
  await using server = await startSpeechServer(answer);
  const speech = new OpenAiSpeech({ baseUrl: server.baseUrl });
  const controller = new AbortController();
  const speaking = collect(speech, controller.signal);
  const settled = speaking.catch((error: unknown) => error);
  await vi.waitUntil(() => server.seen.length > 0);
  await sleep(50);
  controller.abort();
  expect(await settled).toMatchObject({ name: 'CancelledError', code: 'cancelled' });
  await speech.close();
  await vi.waitUntil(() => server.sockets.size === 0);
});

test('a server that nobody runs is a network failure', async () => {
  const server = await startSpeechServer(hang);
  await server[Symbol.asyncDispose]();
  const speech = new OpenAiSpeech({ baseUrl: server.baseUrl });
  await expect(collect(speech)).rejects.toMatchObject({ code: 'network' });
  await speech.close();
});

test('refuses a key that cannot be a header, and a base URL that is none', () => {
  expect(() => new OpenAiSpeech({ apiKey: 'sk\nx' })).toThrow(/characters that no key has/);
  expect(() => new OpenAiSpeech({ baseUrl: 'ftp://x' })).toThrow(/http or https/);
  expect(() => new OpenAiSpeech({ baseUrl: 'localhost:8880/v1' })).toThrow(/http or https/);
});
