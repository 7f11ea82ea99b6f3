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

/** Ids of sessions and messages as UUIDs, for clients that expect such. */
export function asUuid(id: string): string {
  const hex = id.slice(id.indexOf('_') + 1);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The session that a UUID stands for; undefined when it is none. */
export function sessionIdOf(uuid: string): SessionId | undefined {
  const parsed = SessionId.safeParse(`ses_${uuid.replaceAll('-', '').toLowerCase()}`);
  return parsed.success ? parsed.data : undefined;
}

export type SessionId = z.infer<typeof SessionId>;
export type MessageId = z.infer<typeof MessageId>;
export type CommandId = z.infer<typeof CommandId>;
export type EventId = z.infer<typeof EventId>;
