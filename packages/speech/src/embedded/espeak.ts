import type { EspeakEvent, EspeakWorker } from '@echogarden/espeak-ng-emscripten';
import type { RawSpeech } from './flite.ts';
import type { Phone } from './phone.ts';
import type { Word } from '../words.ts';

const sampleRate = 22_050;
const normalWordsPerMinute = 160;

/** No text in this language can be said, now or later. */
export class UnsupportedLanguageError extends Error {}

let loaded: Promise<EspeakWorker> | undefined;

/**
 * Speech in most languages by eSpeak NG. `name` is an eSpeak voice: `de`, `fr+f3`. A voice that does
 * not exist is replaced by an English one unless `strict`.
 */
export async function synthesizeWithEspeak(
  text: string,
  { name, rate, strict }: { name: string; rate: number; strict: boolean },
): Promise<RawSpeech> {
  loaded ??= load();
  const espeak = await loaded;
  if (espeak.set_voice(name) !== 0) {
    if (strict) throw new UnsupportedLanguageError(`The embedded voice does not speak “${languageOf(name)}”`);
    espeak.set_voice('en+f3');
  }
  espeak.set_rate(Math.round(normalWordsPerMinute * rate));
  const chunks: Int16Array[] = [];
  const events: EspeakEvent[] = [];
  espeak.synthesize(text.replace(/[<>]/g, ' '), (samples, more) => {
    if (samples) chunks.push(samples);
    events.push(...more);
    return false;
  });
  const pcm = new Int16Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    pcm.set(chunk, at);
    at += chunk.length;
  }
  return {
    pcm,
    sampleRate,
    phones: readPhones(events, (pcm.length / sampleRate) * 1000),
    words: readWords(events, text),
  };
}

/** An optional dependency, because of its licence. */
async function load(): Promise<EspeakWorker> {
  const { default: initialize } = await import('@echogarden/espeak-ng-emscripten').catch((cause: unknown) => {
    throw new UnsupportedLanguageError(
      'The embedded voice speaks other languages than English only with the package @echogarden/espeak-ng-emscripten',
      { cause },
    );
  });
  const module = await initialize();
  return new module.eSpeakNGWorker();
}

function languageOf(voice: string): string {
  return voice.split('+')[0]!;
}

function readPhones(events: readonly EspeakEvent[], durationMs: number): Phone[] {
  const sounds = events.filter(({ type }) => type === 'phoneme');
  return sounds.map(({ id, audio_position }, index) => ({
    symbol: String(id ?? '').replace(/[ˈˌː]/g, ''),
    startMs: audio_position,
    endMs: sounds[index + 1]?.audio_position ?? durationMs,
  }));
}

/** eSpeak counts characters from 1, and reports a number once for each word it is read as. */
function readWords(events: readonly EspeakEvent[], text: string): Word[] {
  const characters = Array.from(text);
  const words = new Map<number, Word>();
  for (const { type, text_position, audio_position } of events) {
    if (type !== 'word') continue;
    const from = wordStart(characters, text_position - 1);
    if (words.has(from)) continue;
    const end = characters.findIndex((character, index) => index > from && /\s/.test(character));
    words.set(from, {
      text: characters.slice(from, end < 0 ? undefined : end).join(''),
      atMs: Math.round(audio_position),
    });
  }
  return [...words.values()];
}

function wordStart(characters: readonly string[], position: number): number {
  let start = position;
  while (start > 0 && !/\s/.test(characters[start - 1]!)) start--;
  return start;
}
