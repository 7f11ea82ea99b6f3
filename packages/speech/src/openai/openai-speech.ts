import { checkedBaseUrl } from '../http/base-url.ts';
import { SoundClient, type SoundTimeouts } from '../http/sound-client.ts';
import {
  hasSpeakableText,
  type SpeechChunk,
  type SpeechRequest,
  type SpeechSynthesizer,
} from '../speech-synthesizer.ts';

export type OpenAiSpeechOptions = {
  /** Servers of one's own often need none. */
  apiKey?: string | undefined;
  /** Up to and including `/v1`. */
  baseUrl?: string | undefined;
  model?: string | undefined;
  voice?: string | undefined;
  timeouts?: Partial<SoundTimeouts>;
};

/** Any service with OpenAI's `POST /audio/speech` that gives `pcm`: 16 bits, mono, 24 kHz. */
export class OpenAiSpeech implements SpeechSynthesizer {
  readonly name = 'openai';
  readonly #client: SoundClient;
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #model: string;
  readonly #voice: string;

  constructor({ apiKey, baseUrl, model, voice, timeouts }: OpenAiSpeechOptions) {
    this.#client = new SoundClient({ service: this.name, apiKey, ...(timeouts && { timeouts }) });
    this.#url = `${checkedBaseUrl(baseUrl ?? 'https://api.openai.com/v1')}/audio/speech`;
    this.#headers = apiKey ? { authorization: `Bearer ${apiKey}` } : {};
    this.#model = model ?? 'gpt-4o-mini-tts';
    this.#voice = voice ?? 'alloy';
  }

  async *synthesize({
    text,
    voice,
    rate = 1,
    signal,
  }: SpeechRequest): AsyncGenerator<SpeechChunk, void, undefined> {
    if (!hasSpeakableText(text)) return;
    const body = {
      model: this.#model,
      voice: voice ?? this.#voice,
      input: text,
      response_format: 'pcm',
      ...(rate !== 1 && { speed: Math.min(4, Math.max(0.25, rate)) }),
    };
    yield* this.#client.sound({ url: this.#url, headers: this.#headers, body, text, signal });
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
