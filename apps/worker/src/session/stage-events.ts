import { setTimeout as delay } from 'node:timers/promises';
import type { SessionId, StreamedEvent } from '@avatar-bridge/contracts';
import type { SessionStore } from '@avatar-bridge/session-store';
import type { Logger } from 'pino';

/** Too much for viewers, or none of their business. */
const kept = new Set<StreamedEvent['type']>(['message.accepted', 'vendor.event', 'media.stats', 'reset']);

/** ms before the log is followed again after Redis was away. */
const pause = 1_000;

/** Passes a session's event log on to the viewers on its stage, whoever wrote the event. Ends after `session.ended`; never rejects. */
export async function passEvents(
  store: Pick<SessionStore, 'events'>,
  id: SessionId,
  send: (payload: string) => void,
  signal: AbortSignal,
  logger: Logger,
): Promise<void> {
  while (!signal.aborted) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one try after the other
      for await (const event of store.events(id, { after: '$', signal })) {
        if (!kept.has(event.type)) send(JSON.stringify(event));
      }
      return;
    } catch (error) {
      if (signal.aborted) return;
      logger.warn({ err: error }, 'viewers on the stage missed events');
      // oxlint-disable-next-line no-await-in-loop -- one try after the other
      await delay(pause, undefined, { signal }).catch(() => {});
    }
  }
}
