import { expect, test } from 'vitest';
import { bytesOf, json, sound, startSpeechServer, tone } from '../testing/speech-server.ts';
import { ElevenLabsSpeech } from './elevenlabs-speech.ts';

const { signal } = new AbortController();

async function sent(
  options: { voice?: string; model?: string },
  request: { text: string; voice?: string; language?: string; rate?: number },
) {
  await using server = await startSpeechServer(sound(bytesOf(tone(100)), 'audio/mpeg'));
  const speech = new ElevenLabsSpeech({ ...options, apiKey: 'xi-1', baseUrl: server.baseUrl });
  let samples = 0;
  for await (const { pcm } of speech.synthesize({ ...request, signal })) samples += pcm.length;
  await speech.close();
  return { samples, seen: server.seen };
}

test('asks for a stream of samples at 24 kHz, which may call itself what it likes', async () => {
  const { seen, samples } = await sent({ voice: 'v/1' }, { text: 'Hallo.', language: 'de-DE' });
  expect(samples).toBe(2400);
  expect(seen).toEqual([
    {
      method: 'POST',
      url: '/v1/text-to-speech/v%2F1/stream?output_format=pcm_24000',
      headers: expect.objectContaining({ 'xi-api-key': 'xi-1' }),
      body: { text: 'Hallo.', model_id: 'eleven_flash_v2_5', language_code: 'de' },
    },
  ]);
});

test('names no language to a model that cannot be told, and keeps the speed within its bounds', async () => {
  const { seen } = await sent(
    { model: 'eleven_multilingual_v2' },
    { text: 'Hi.', language: 'de', rate: 1.5 },
  );
  expect(seen[0]!.body).toEqual({
    text: 'Hi.',
    model_id: 'eleven_multilingual_v2',
    voice_settings: { speed: 1.2 },
  });
});

test('asks for nothing when there is nothing to say', async () => {
  expect(await sent({}, { text: '!' })).toEqual({ samples: 0, seen: [] });
});

test("repeats the service's own words about a wrong voice", async () => {
  await using server = await startSpeechServer(
    json(404, { detail: { status: 'voice_not_found', message: 'A voice with that id was not found.' } }),
  );
  const speech = new ElevenLabsSpeech({ apiKey: 'xi-1', baseUrl: server.baseUrl });
  await expect(speech.synthesize({ text: 'Hi.', signal }).next()).rejects.toThrow(
    /HTTP 404: A voice with that id was not found/,
  );
  await speech.close();
});
