import type { EventId, SessionEventType, SessionId, StreamedEvent } from '@avatar-bridge/contracts';
import type { SessionStore } from '@avatar-bridge/session-store';

/** The first event of the log after `after` that fits; undefined when the signal aborts or the session ends before. */
export async function firstEvent(
  store: Pick<SessionStore, 'events'>,
  id: SessionId,
  { after = '0-0', signal }: { after?: EventId; signal: AbortSignal },
  fits: (event: StreamedEvent) => boolean,
): Promise<StreamedEvent | undefined> {
  for await (const event of store.events(id, { after, signal })) if (fits(event)) return event;
  return undefined;
}

export function isOneOf(...types: SessionEventType[]): (event: StreamedEvent) => boolean {
  return ({ type }) => (types as string[]).includes(type);
}
