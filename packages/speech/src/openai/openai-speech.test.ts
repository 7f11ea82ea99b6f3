import { expect, test } from 'vitest';
import { bytesOf, sound, startSpeechServer, tone } from '../testing/speech-server.ts';
import { OpenAiSpeech, type OpenAiSpeechOptions } from './openai-speech.ts';

const { signal } = new AbortController();

async function sent(options: OpenAiSpeechOptions, request: { text: string; voice?: string; rate?: number }) {
  await using server = await startSpeechServer(sound(bytesOf(tone(100))));
  const speech = new OpenAiSpeech({ ...options, baseUrl: `${server.baseUrl}/v1/` });
  let samples = 0;
  for await (const { pcm } of speech.synthesize({ ...request, signal })) samples += pcm.length;
  await speech.close();
  return { samples, seen: server.seen };
}

test('asks for raw samples', async () => {
  const { seen, samples } = await sent({ apiKey: 'sk-1', model: 'tts-1', voice: 'nova' }, { text: 'Hello.' });
  expect(samples).toBe(2400);
  expect(seen).toEqual([
    {
      method: 'POST',
      url: '/v1/audio/speech',
      headers: expect.objectContaining({ authorization: 'Bearer sk-1', 'content-type': 'application/json' }),
      body: { model: 'tts-1', voice: 'nova', input: 'Hello.', response_format: 'pcm' },
    },
  ]);
});

test("takes the request's voice and speed, and sends no key where there is none", async () => {
  const { seen } = await sent({}, { text: 'Hello.', voice: 'af_heart', rate: 9 });
  expect(seen[0]!.headers).not.toHaveProperty('authorization');
  expect(seen[0]!.body).toMatchObject({ voice: 'af_heart', speed: 4 });
});

test('asks for nothing when there is nothing to say', async () => {
  expect(await sent({}, { text: '🙂 …' })).toEqual({ samples: 0, seen: [] });
});
