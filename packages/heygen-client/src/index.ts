export type { ChatEnd, ChatListeners, StreamingChat } from './v1/chat/streaming-chat.ts';
export {
  HeyGenClient,
  type CallOptions,
  type ChatOptions,
  type HeyGenClientOptions,
  type Task,
  type TaskOptions,
} from './v1/client.ts';
export * from './core/errors.ts';
export type { Logger } from './core/logger.ts';
export { parseVendorEvent, type VendorEvent } from './v1/events/vendor-event.ts';
export type { Fetch, FetchResponse } from './core/fetch.ts';
export type { AvatarInfo, HistoryOptions, HistoryPage, OpenSession, PastSession } from './v1/listings.ts';
export type { NewSession, NewSessionOptions } from './v1/new-session.ts';
export * from './v1/wire/index.ts';
