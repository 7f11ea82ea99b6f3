export type { ChatEnd, ChatListeners, StreamingChat } from './chat/streaming-chat.ts';
export {
  HeyGenClient,
  type CallOptions,
  type ChatOptions,
  type HeyGenClientOptions,
  type Task,
  type TaskOptions,
} from './client.ts';
export * from './core/errors.ts';
export type { Logger } from './core/logger.ts';
export { parseVendorEvent, type VendorEvent } from './events/vendor-event.ts';
export type { Fetch, FetchResponse } from './internal/fetch.ts';
export type { AvatarInfo, HistoryOptions, HistoryPage, OpenSession, PastSession } from './listings.ts';
export type { NewSession, NewSessionOptions } from './new-session.ts';
export * from './wire/index.ts';
