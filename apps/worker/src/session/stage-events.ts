import { setTimeout as delay } from 'node:timers/promises';
import type { SessionId, StreamedEvent } from '@avatar-bridge/contracts';
import type { SessionStore } from '@avatar-bridge/session-store';
import type { Logger } from 'pino';

/** A data packet for everybody on the stage. */
export type StageMessage = { payload: string; topic?: string };
/** What viewers on a stage are told of an event. */
export type ToStageMessages = (event: StreamedEvent) => StageMessage[];

/** Too much for viewers, or none of their business. */
const kept = new Set<StreamedEvent['type']>(['message.accepted', 'vendor.event', 'media.stats', 'reset']);

/** Where viewers on the stage find the session's events. */
const topic = 'avatar-bridge.event';

/** ms before the log is followed again after Redis was away. */
const pause = 1_000;

/** The events of this API, as they are in the log. */
export function eventMessages(event: StreamedEvent): StageMessage[] {
  return kept.has(event.type) ? [] : [{ payload: JSON.stringify(event), topic }];
}

/**
 * Passes a session's event log on to the viewers on its stage, whoever wrote the event. Ends after `session.ended`; never
 * rejects.
 */
export async function passEvents(
  store: Pick<SessionStore, 'events'>,
  id: SessionId,
  toMessages: ToStageMessages,
  send: (message: StageMessage) => void,
  signal: AbortSignal,
  logger: Logger,
): Promise<void> {
  while (!signal.aborted) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one try after the other
      for await (const event of store.events(id, { after: '$', signal })) {
        for (const message of toMessages(event)) send(message);
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
