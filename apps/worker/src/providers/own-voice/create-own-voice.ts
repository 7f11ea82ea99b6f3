import {
  ElevenLabsSpeech,
  EmbeddedSpeech,
  OpenAiSpeech,
  type SpeechSynthesizer,
} from '@avatar-bridge/speech';
import type { Config } from '../../config.ts';
import { OpenAiResponder } from '../../responder/openai-responder.ts';
import { OwnVoice } from './own-voice.ts';

/** The voice, and what answers, that the configuration names. */
export function createOwnVoice(config: Config): OwnVoice {
  const {
    BRIDGE_RESPONDER_URL: baseUrl,
    BRIDGE_RESPONDER_API_KEY: apiKey,
    BRIDGE_RESPONDER_MODEL: model,
    BRIDGE_RESPONDER_PROMPT: prompt,
  } = config;
  return new OwnVoice({
    synthesizer: createSynthesizer(config),
    responder: baseUrl === undefined ? undefined : new OpenAiResponder({ baseUrl, apiKey, model, prompt }),
  });
}

function createSynthesizer(config: Config): SpeechSynthesizer {
  switch (config.BRIDGE_SPEECH) {
    case 'embedded':
      return new EmbeddedSpeech();
    case 'openai':
      return new OpenAiSpeech({
        apiKey: config.OPENAI_API_KEY,
        baseUrl: config.OPENAI_BASE_URL,
        model: config.OPENAI_SPEECH_MODEL,
        voice: config.OPENAI_SPEECH_VOICE,
      });
    case 'elevenlabs':
      return new ElevenLabsSpeech({
        apiKey: config.ELEVENLABS_API_KEY ?? '',
        baseUrl: config.ELEVENLABS_BASE_URL,
        voice: config.ELEVENLABS_VOICE_ID,
        model: config.ELEVENLABS_MODEL,
      });
  }
}
