export { EmbeddedSpeech } from './embedded/embedded-speech.ts';
export type { Phone } from './embedded/phone.ts';
export { voiceFor, type Voice } from './embedded/voice.ts';
export { type SpokenClip, VoiceThread } from './embedded/voice-thread.ts';
export { ElevenLabsSpeech, type ElevenLabsSpeechOptions } from './elevenlabs/elevenlabs-speech.ts';
export {
  CancelledError,
  RetryableSpeechError,
  SpeechError,
  type SpeechErrorCode,
  TerminalSpeechError,
} from './errors.ts';
export { OpenAiSpeech, type OpenAiSpeechOptions } from './openai/openai-speech.ts';
export {
  audioFrameMs,
  encodeOpus,
  type EncodedAudio,
  OpusEncoder,
  type OpusRate,
  silentFrame,
  silentLevel,
} from './opus.ts';
export {
  hasSpeakableText,
  sampleRateHz,
  type SpeechChunk,
  type SpeechRequest,
  type SpeechSynthesizer,
} from './speech-synthesizer.ts';
export { timeWords, type Word } from './words.ts';
