export type { Phone } from './embedded/phone.ts';
export { voiceFor, type Voice } from './embedded/voice.ts';
export { VoiceThread, type SpokenClip } from './embedded/voice-thread.ts';
export type { Word } from './embedded/words.ts';
export {
  audioFrameMs,
  encodeOpus,
  type EncodedAudio,
  OpusEncoder,
  type OpusRate,
  silentFrame,
  silentLevel,
} from './opus.ts';
