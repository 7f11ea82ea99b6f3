import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OpenAiSpeech } from '@avatar-bridge/speech';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Providers } from '../src/providers/providers.ts';
import { Rig, sentence } from './support/rig.ts';

const secondOfTone = Buffer.from(
  Int16Array.from({ length: 24_000 }, (_, index) => 9_000 * Math.sin(index / 9)).buffer,
);
const speak = (response: ServerResponse) =>
  response.writeHead(200, { 'content-type': 'audio/pcm' }).end(secondOfTone);

let rig: Rig;
let server: Server;
/** What the speech service answers to a text. */
let answer: (response: ServerResponse, text: string) => unknown;
let speech: OpenAiSpeech;

beforeEach(async () => {
  rig = await Rig.open();
  answer = speak;
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.on('end', () => void answer(response, (JSON.parse(body) as { input: string }).input));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  speech = new OpenAiSpeech({ baseUrl: `http://127.0.0.1:${port}/v1`, timeouts: { firstByteMs: 500 } });
});
afterEach(async () => {
  await rig[Symbol.asyncDispose]();
  await speech.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const voiceOnly = () => new Providers([rig.voiceOnly(speech)]);

test('a speech service that is away for a while costs nothing but time', async () => {
  rig.startWorker({ providers: voiceOnly() });
  const conversation = await rig.liveSession();
  let asked = 0;
  answer = (response) => (++asked <= 5 ? response.writeHead(503).end() : speak(response));
  const ids = [await conversation.say(sentence(1)), await conversation.say(sentence(2))];
  expect(await conversation.finished(...ids)).toEqual(['spoken', 'spoken']);
  const spoken = await conversation.eventsOf('message.spoken');
  expect(spoken.map(({ messageId }) => messageId)).toEqual(ids);
});

test('a speech service that hangs up in the middle is asked again, and the rest is said', async () => {
  rig.startWorker({ providers: voiceOnly() });
  const conversation = await rig.liveSession();
  let asked = 0;
  answer = (response) => {
    if (++asked > 1) return speak(response);
    response.writeHead(200, { 'content-type': 'audio/pcm' });
    response.write(secondOfTone.subarray(0, 30_000), () => response.socket?.destroy());
  };
  expect(await conversation.finished(await conversation.say(sentence(1)))).toEqual(['spoken']);
  expect(asked).toBe(2);
});

test('a text that the speech service rejects fails with its words, and the next one is said', async () => {
  rig.startWorker({ providers: voiceOnly() });
  const conversation = await rig.liveSession();
  answer = (response, text) =>
    text.includes('odd')
      ? response.writeHead(400).end(JSON.stringify({ error: { message: 'This voice cannot whistle' } }))
      : speak(response);
  const ids = [await conversation.say('How odd is that?'), await conversation.say(sentence(2))];
  expect(await conversation.finished(...ids)).toEqual(['failed', 'spoken']);
  const [failed] = await conversation.eventsOf('message.failed');
  expect(failed).toMatchObject({ code: 'bad-request', reason: expect.stringContaining('cannot whistle') });
});

test('a speech service with a wrong key or a wrong format ends the session with the reason', async () => {
  rig.startWorker({ providers: voiceOnly() });
  answer = (response) => response.writeHead(401).end();
  const first = await rig.liveSession();
  await first.say(sentence(1));
  expect((await first.until('session.ended')).message).toContain('Check its API key');
  answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"audio":""}');
  const second = await rig.liveSession();
  await second.say(sentence(1));
  expect((await second.until('session.ended')).message).toContain('is no PCM of 24000 Hz');
});

test('a provider whose voice is broken for good is followed by the next, which says all of it', async () => {
  answer = (response) => response.writeHead(401).end();
  rig.startWorker({ providers: new Providers([rig.voiceOnly(speech), rig.provider()]) });
  const conversation = await rig.liveSession();
  const ids = [await conversation.say(sentence(1)), await conversation.say(sentence(2))];
  expect(await conversation.finished(...ids)).toEqual(['spoken', 'spoken']);
  expect(await conversation.eventsOf('provider.changed')).toMatchObject([
    { from: 'voice-only', to: 'heygen', reason: expect.stringContaining('API key') },
  ]);
  expect(await conversation.spoken()).toEqual([sentence(1), sentence(2)]);
});
