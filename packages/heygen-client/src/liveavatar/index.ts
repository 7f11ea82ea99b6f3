export { Envelope, readEnvelope, type EnvelopeContent } from '../core/envelope.ts';
export * from '../core/errors.ts';
export type { Fetch, FetchResponse } from '../core/fetch.ts';
export type { Logger } from '../core/logger.ts';
export type { CallOptions, ClientOptions as LiveAvatarClientOptions } from '../core/options.ts';
export type { SocketEnd } from '../core/socket.ts';
export type { Avatars, Contexts, Voices } from './catalogue.ts';
export { LiveAvatarClient } from './client.ts';
export type {
  AvatarInfo,
  ContextInfo,
  ContextOptions,
  SessionInfo,
  ListOptions,
  Page,
  PageOptions,
  Transcript,
  VoiceInfo,
} from './listings.ts';
export { parseLiteMessage, type LiteEvent } from './lite-event.ts';
export { LiteSocket, openLiteSocket, type LiteSocketOptions } from './lite-socket.ts';
export { encodeControl, parseResponse, type Control, type ResponseEvent } from './room-events.ts';
export type {
  FullSessionOptions,
  LiteSessionOptions,
  SessionOptions,
  SessionToken,
  StartedSession,
} from './session-options.ts';
export * from './wire/index.ts';
