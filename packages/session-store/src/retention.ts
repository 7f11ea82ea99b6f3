import type { Retention } from './types.ts';

const hour = 3_600_000;
const megabyte = 1_000_000;

export const defaultRetention: Retention = {
  endedSession: 6 * hour,
  events: 10_000,
  eventBytes: 2 * megabyte,
  messages: 2_000,
  messageBytes: 2 * megabyte,
  idempotency: 24 * hour,
};

/** For scripts that add to the log. */
export function logLimits({ events, eventBytes }: Retention) {
  return { maxEvents: events, maxEventBytes: eventBytes };
}

/** For scripts that finish messages. */
export function messageLimits({ messages, messageBytes }: Retention) {
  return { keepMessages: messages, keepMessageBytes: messageBytes };
}
