/** Runs in a worker thread: makes speech of text, one after another, so that no thread that paces packets waits for it. */
import { parentPort } from 'node:worker_threads';
import { audioFrameMs, encodeOpus } from '../opus.ts';
import { resample } from '../resample.ts';
import { sampleRateHz } from '../speech-synthesizer.ts';
import { synthesizeWithEspeak, UnsupportedLanguageError } from './espeak.ts';
import { type RawSpeech, synthesizeWithFlite } from './flite.ts';
import type { SpokenClip, SpokenSound, ThreadAnswer, ThreadRequest } from './voice-thread.ts';

const port = parentPort!;

port.on('message', (request: ThreadRequest) => void answer(request));

async function answer(request: ThreadRequest): Promise<void> {
  try {
    post({ id: request.id, result: await make(request) });
  } catch (error) {
    post({
      id: request.id,
      error: error instanceof Error ? error.message : String(error),
      unsupportedLanguage: error instanceof UnsupportedLanguageError,
    });
  }
}

function post(message: ThreadAnswer): void {
  port.postMessage(message);
}

async function make({ text, voice, rate, as }: ThreadRequest): Promise<SpokenClip | SpokenSound> {
  const raw = await synthesize(text, voice, rate, as === 'sound');
  const { pcm, sampleRate, phones, words } = raw;
  if (as === 'sound') return { pcm: resample(pcm, sampleRate, sampleRateHz), phones, words };
  const { frames, levels } = encodeOpus(pcm, sampleRate);
  return { durationMs: frames.length * audioFrameMs, frames, levels, phones, words };
}

function synthesize(
  text: string,
  voice: ThreadRequest['voice'],
  rate: number,
  strict: boolean,
): Promise<RawSpeech> {
  switch (voice.engine) {
    case 'flite':
      return synthesizeWithFlite(text, { ...voice, rate });
    case 'espeak':
      return synthesizeWithEspeak(text, { ...voice, rate, strict });
  }
}
