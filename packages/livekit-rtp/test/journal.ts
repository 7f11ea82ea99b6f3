import type { Listeners } from '../src/index.ts';

/** What is told of the connection itself and of the tracks received, in order. */
export function journal(): { events: string[]; listeners: Listeners } {
  const events: string[] = [];
  const listeners: Listeners = {
    reconnecting: ({ reason }) => events.push(`reconnecting ${reason}`),
    reconnected: () => events.push('reconnected'),
    disconnected: ({ reason }) => events.push(`disconnected ${reason}`),
    trackUnsubscribed: ({ info }) => events.push(`unsubscribed ${info.name}`),
  };
  return { events, listeners };
}
