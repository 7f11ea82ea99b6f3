import { checkedBaseUrl } from '../http/base-url.ts';
import { SoundClient, type SoundTimeouts } from '../http/sound-client.ts';
import {
  hasSpeakableText,
  type SpeechChunk,
  type SpeechRequest,
  type SpeechSynthesizer,
} from '../speech-synthesizer.ts';

export type ElevenLabsSpeechOptions = {
  apiKey: string;
  baseUrl?: string | undefined;
  /** A voice id. */
  voice?: string | undefined;
  model?: string | undefined;
  timeouts?: Partial<SoundTimeouts>;
};

/** Rachel: one of the voices that every account has. */
const defaultVoice = '21m00Tcm4TlvDq8ikWAM';
/** Models that can be told the language; others refuse a text that comes with one. */
const takesLanguage = /_v2_5$|_v3$/;

/** ElevenLabs' streamed text to speech with `pcm_24000`. */
export class ElevenLabsSpeech implements SpeechSynthesizer {
  readonly name = 'elevenlabs';
  readonly #client: SoundClient;
  readonly #baseUrl: string;
  readonly #apiKey: string;
  readonly #voice: string;
  readonly #model: string;

  constructor({ apiKey, baseUrl, voice, model, timeouts }: ElevenLabsSpeechOptions) {
    this.#client = new SoundClient({ service: this.name, apiKey, ...(timeouts && { timeouts }) });
    this.#baseUrl = checkedBaseUrl(baseUrl ?? 'https://api.elevenlabs.io');
    this.#apiKey = apiKey;
    this.#voice = voice ?? defaultVoice;
    this.#model = model ?? 'eleven_flash_v2_5';
  }

  async *synthesize({
    text,
    voice,
    language,
    rate = 1,
    signal,
  }: SpeechRequest): AsyncGenerator<SpeechChunk, void, undefined> {
    if (!hasSpeakableText(text)) return;
    const id = encodeURIComponent(voice ?? this.#voice);
    const body = {
      text,
      model_id: this.#model,
      ...(language && takesLanguage.test(this.#model) && { language_code: primaryOf(language) }),
      ...(rate !== 1 && { voice_settings: { speed: Math.min(1.2, Math.max(0.7, rate)) } }),
    };
    yield* this.#client.sound({
      url: `${this.#baseUrl}/v1/text-to-speech/${id}/stream?output_format=pcm_24000`,
      headers: { 'xi-api-key': this.#apiKey },
      body,
      text,
      signal,
    });
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

function primaryOf(language: string): string {
  return language.toLowerCase().split(/[-_]/)[0]!;
}
