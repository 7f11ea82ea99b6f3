import { z } from 'zod';

const prefixed = (prefix: string, what: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-f]{32}$`), `must be ${what} id like ${prefix}_ and 32 hex digits`);

/** A session's id: `ses_` and a UUIDv7 without dashes, so ids sort by creation time. */
export const SessionId = prefixed('ses', 'a session');
/** A message's id: `msg_` and a UUIDv7 without dashes. */
export const MessageId = prefixed('msg', 'a message');
/** An interrupt's or another command's id: `cmd_` and a UUIDv7 without dashes. */
export const CommandId = prefixed('cmd', 'a command');
/** A place in a session's event log, as Redis streams number them: `<ms>-<n>`. */
export const EventId = z.string().regex(/^\d{1,16}-\d{1,10}$/, 'must be an event id like 1764000000000-0');

export type SessionId = z.infer<typeof SessionId>;
export type MessageId = z.infer<typeof MessageId>;
export type CommandId = z.infer<typeof CommandId>;
export type EventId = z.infer<typeof EventId>;
