import { CancelledError, TerminalSpeechError } from '../errors.ts';
import {
  hasSpeakableText,
  sampleRateHz,
  type SpeechChunk,
  type SpeechRequest,
  type SpeechSynthesizer,
} from '../speech-synthesizer.ts';
import type { Word } from '../words.ts';
import { pronounceable } from './flite.ts';
import { type Part, parts } from './parts.ts';
import { type Voice, voiceFor } from './voice.ts';
import { type SpokenSound, VoiceThread } from './voice-thread.ts';

/** Of the silence before the first sound, ms. */
const keptLeadMs = 30;

/**
 * The voice that needs no key and no network: English by Flite, other languages by eSpeak NG where that is installed. Made
 * part by part, a clause first, in a thread of its own. `voice` may be any text: different ones mostly sound different.
 */
export class EmbeddedSpeech implements SpeechSynthesizer {
  readonly name = 'embedded';
  readonly #thread = new VoiceThread();
  readonly #closed = new AbortController();
  #prepared = false;

  prepare(): void {
    if (this.#prepared) return;
    this.#prepared = true;
    this.#thread.speak('.', voiceFor(undefined), 1, this.#closed.signal).catch(() => undefined);
  }

  async *synthesize({
    text,
    voice,
    language,
    rate = 1,
    signal,
  }: SpeechRequest): AsyncGenerator<SpeechChunk, void, undefined> {
    const speaker = voiceFor(voice, language);
    mustBeSpoken(text, speaker);
    const boundedRate = Math.min(1.5, Math.max(0.5, rate));
    const speak = (part: Part) => {
      const spoken = this.#thread.speak(part.text, speaker, boundedRate, signal);
      spoken.catch(() => undefined);
      return spoken;
    };
    const all = parts(text, language);
    let atMs = 0;
    let ahead = all[0] && speak(all[0]);
    for (const [index, part] of all.entries()) {
      const sound = await ahead!;
      const following = all[index + 1];
      ahead = following && speak(following);
      const chunk = trimmed(sound, { atMs, first: index === 0, pauseMs: part.pauseMs });
      if (signal.aborted) throw new CancelledError();
      yield chunk;
      atMs += (chunk.pcm.length / sampleRateHz) * 1000;
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#thread.close();
  }
}

/** Flite leaves out what it cannot read: a text in another script would be silence. */
function mustBeSpoken(text: string, { engine }: Voice): void {
  if (engine === 'flite' && hasSpeakableText(text) && !hasSpeakableText(pronounceable(text)))
    throw new TerminalSpeechError(
      'unsupported-language',
      "The embedded English voice cannot read this text's script: set the session's language",
    );
}

/** The part without the silence of its own around it, and with the pause that belongs behind it. */
function trimmed(
  { pcm, phones, words }: SpokenSound,
  { atMs, first, pauseMs }: { atMs: number; first: boolean; pauseMs: number },
): SpeechChunk & { words: Word[] } {
  const durationMs = (pcm.length / sampleRateHz) * 1000;
  const sounds = phones.filter(({ symbol }) => symbol !== '');
  const fromMs = Math.max(0, (sounds[0]?.startMs ?? 0) - (first ? keptLeadMs : 0));
  const endMs = Math.min(durationMs, sounds.at(-1)?.endMs ?? durationMs);
  const samples = (ms: number) => Math.round((ms * sampleRateHz) / 1000);
  const sound = pcm.subarray(samples(fromMs), samples(endMs));
  const whole = new Int16Array(sound.length + samples(pauseMs));
  whole.set(sound);
  return {
    pcm: whole,
    words: words.map((word) => ({ ...word, atMs: Math.round(Math.max(0, word.atMs - fromMs) + atMs) })),
  };
}
