import type { Word } from './words.ts';

/** All sound of this package: signed 16-bit samples, little endian, mono, at 24 kHz. */
export const sampleRateHz = 24_000;

/** `words` begin within or after this chunk; their times count from the utterance's start. */
export type SpeechChunk = { pcm: Int16Array; words?: Word[] };

export type SpeechRequest = {
  /** Should have something to say in it: see `hasSpeakableText`. */
  text: string;
  /** The synthesizer's own name for a voice; without one, its default. */
  voice?: string;
  /** BCP 47; default English, or what the voice speaks. */
  language?: string;
  /** 1 is the voice's normal speed. Brought within what the synthesizer can do. */
  rate?: number;
  signal: AbortSignal;
};

/** Makes sound of text. */
export interface SpeechSynthesizer {
  /** `embedded`, `openai` or `elevenlabs`. */
  readonly name: string;

  /**
   * The sound of a text, in chunks of any length, the first as soon as there is one. A text without anything sayable has
   * none.
   *
   * @throws TerminalSpeechError, RetryableSpeechError, CancelledError. Nothing is retried once a chunk was given out.
   */
  synthesize(request: SpeechRequest): AsyncIterable<SpeechChunk>;

  /** Loads what the first text would have to wait for. Idempotent. */
  prepare?(): void;

  /** Ends what is under way and frees threads and connections. Idempotent. */
  close(): Promise<void>;
}

/** Whether there is anything in a text that can be said: a letter or a digit of any script. */
export function hasSpeakableText(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}
