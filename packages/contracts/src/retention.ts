import type { z } from 'zod';
import { wholeNumber } from './config.ts';

/** How much of sessions Redis keeps. Gateways and workers share these variables: both write. */
export const retentionVariables = {
  BRIDGE_KEEP_ENDED_HOURS: wholeNumber(1, 720)
    .default(6)
    .describe('how long ended sessions can be read, with their messages and events, hours'),
  BRIDGE_KEEP_EVENTS: wholeNumber(100, 1_000_000)
    .default(10_000)
    .describe("how many events a session's log holds; listeners can be that far behind"),
  BRIDGE_KEEP_EVENT_KILOBYTES: wholeNumber(64, 1_000_000)
    .default(2_000)
    .describe('how much they may hold together'),
  BRIDGE_KEEP_MESSAGES: wholeNumber(10, 1_000_000)
    .default(2_000)
    .describe('how many finished messages a session holds, of each final state'),
  BRIDGE_KEEP_MESSAGE_KILOBYTES: wholeNumber(64, 1_000_000)
    .default(2_000)
    .describe('how much they may hold together'),
};
type RetentionConfig = z.infer<z.ZodObject<typeof retentionVariables>>;

/** The same in the session store's units. */
export function retentionOf(config: RetentionConfig) {
  return {
    endedSession: config.BRIDGE_KEEP_ENDED_HOURS * 3_600_000,
    events: config.BRIDGE_KEEP_EVENTS,
    eventBytes: config.BRIDGE_KEEP_EVENT_KILOBYTES * 1_000,
    messages: config.BRIDGE_KEEP_MESSAGES,
    messageBytes: config.BRIDGE_KEEP_MESSAGE_KILOBYTES * 1_000,
  };
}
