import { RetryableSpeechError, type SpeechChunk, type SpeechSynthesizer } from '@avatar-bridge/speech';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { unbrokenSpeech } from './unbroken-speech.ts';

const logger = pino({ level: 'silent' });
const whole = Int16Array.from({ length: 1000 }, (_, index) => index);
const failure = new RetryableSpeechError('cut-off', 'it broke off');

/** Says the same sound in pieces of 300 samples, and breaks off at these places, one a call. */
function breakingAt(...ends: number[]): SpeechSynthesizer & { calls: number } {
  const synthesizer = {
    name: 'test',
    calls: 0,
    async *synthesize(): AsyncGenerator<SpeechChunk> {
      const end = ends[synthesizer.calls++] ?? whole.length;
      for (let at = 0; at < end; at += 300) yield { pcm: whole.subarray(at, Math.min(end, at + 300)) };
      if (end < whole.length) throw failure;
    },
    close: () => Promise.resolve(),
  };
  return synthesizer;
}

async function heard(synthesizer: SpeechSynthesizer): Promise<number[]> {
  const samples: number[] = [];
  const request = { text: 'Hello.', signal: new AbortController().signal };
  for await (const { pcm } of unbrokenSpeech(synthesizer, request, logger)) samples.push(...pcm);
  return samples;
}

test('goes on where it broke off, without a sample too many or too few', async () => {
  expect(await heard(breakingAt(450, 900))).toEqual([...whole]);
  expect(await heard(breakingAt(900, 450))).toEqual([...whole]);
});

test('gives up after three breaks', async () => {
  const synthesizer = breakingAt(450, 500, 600, 700);
  await expect(heard(synthesizer)).rejects.toBe(failure);
  expect(synthesizer.calls).toBe(3);
});

test('leaves a speech that never began to its caller', async () => {
  const synthesizer = breakingAt(0);
  await expect(heard(synthesizer)).rejects.toBe(failure);
  expect(synthesizer.calls).toBe(1);
});
