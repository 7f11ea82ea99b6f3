export { createMediaRelay, HostedMediaRelay } from './create-media-relay.ts';
export type { MediaRelayOptions } from './create-media-relay.ts';
export { CancelledError, RelayError, removals, RetryableError, TerminalError } from './errors.ts';
export type { RelayErrorCode, Side } from './errors.ts';
export { readAnswer, rollCallTopic } from './stage/roll-call.ts';
export type { HeardVoice } from './relay/voice-memory.ts';
export type {
  AvatarState,
  Caption,
  DataOptions,
  EngineChoice,
  EngineName,
  EngineReason,
  MediaRelay,
  MediaStats,
  ReceivedData,
  Relay,
  RelayEvents,
  RelayMediaKind,
  RelayOptions,
  RelaySource,
  RelayStats,
  RoomSource,
  StageSource,
  TrackStats,
  VoiceChunk,
  VoiceSource,
} from './media-relay.ts';
