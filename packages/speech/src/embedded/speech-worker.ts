/** Runs in a worker thread: makes speech of text, one after another, so that no thread that paces packets waits for it. */
import { parentPort } from 'node:worker_threads';
import { synthesizeWithEspeak } from './espeak.ts';
import { synthesizeWithFlite } from './flite.ts';
import { audioFrameMs, encodeOpus } from '../opus.ts';
import type { SpeechAnswer, SpeechRequest, SpokenClip } from './voice-thread.ts';

const port = parentPort!;
let previous: Promise<void> = Promise.resolve();

port.on('message', (request: SpeechRequest) => {
  previous = previous.then(() => answer(request));
});

async function answer(request: SpeechRequest): Promise<void> {
  try {
    post({ id: request.id, clip: await make(request) });
  } catch (error) {
    post({ id: request.id, error: error instanceof Error ? error.message : String(error) });
  }
}

function post(message: SpeechAnswer): void {
  port.postMessage(message);
}

async function make({ text, voice, rate }: SpeechRequest): Promise<SpokenClip> {
  const synthesize = { flite: synthesizeWithFlite, espeak: synthesizeWithEspeak }[voice.engine];
  const { pcm, sampleRate, phones, words } = await synthesize(text, { ...voice, rate });
  const { frames, levels } = encodeOpus(pcm, sampleRate);
  return { durationMs: frames.length * audioFrameMs, frames, levels, phones, words };
}
