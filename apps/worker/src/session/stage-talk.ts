import type { Relay, ReceivedData } from '@avatar-bridge/relay';
import type { OwnedSession, SessionStore } from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import type { Journal } from './journal.ts';
import { eventMessages, passEvents, type StageMessage, type ToStageMessages } from './stage-events.ts';
import { heardInV1Room, V1RoomMessages } from './v1-stage.ts';

export type StageTalkParts = {
  owned: Pick<OwnedSession, 'id' | 'record'>;
  store: Pick<SessionStore, 'events' | 'listMessages' | 'postMessage'>;
  journal: Pick<Journal, 'append'>;
  logger: Logger;
  /** Tells the stage, if the avatar is there. */
  tell: (how: (relay: Relay) => Promise<void>) => void;
};

/** What a session and those on its stage say to each other by data packets, in the session's dialect. */
export class StageTalk {
  readonly #parts: StageTalkParts;

  constructor(parts: StageTalkParts) {
    this.#parts = parts;
  }

  /** Passes the session's events on to the stage. Ends after the last one, or with the signal; never rejects. */
  async pass(signal: AbortSignal): Promise<void> {
    const { owned, store, logger } = this.#parts;
    await passEvents(
      store,
      owned.id,
      await this.#translator(),
      (message) => this.#send(message),
      signal,
      logger,
    );
  }

  /** Takes what somebody on the stage sent. */
  hear(data: ReceivedData): void {
    const { owned, store, journal, logger } = this.#parts;
    const heard = owned.record.dialect === 'heygen-v1' ? heardInV1Room(data) : undefined;
    if (heard === undefined) return;
    if (typeof heard === 'string') return journal.append({ type: heard });
    store.postMessage(owned.id, heard).catch((error: unknown) => {
      logger.warn({ err: error }, 'a text from the stage was not taken');
    });
  }

  async #translator(): Promise<ToStageMessages> {
    const { owned, store } = this.#parts;
    if (owned.record.dialect !== 'heygen-v1') return eventMessages;
    const begun = await store.listMessages(owned.id, { states: ['speaking'] }).catch(() => []);
    const v1 = new V1RoomMessages(begun.map(({ id }) => id));
    return (event) => v1.of(event);
  }

  #send({ payload, topic }: StageMessage): void {
    this.#parts.tell((relay) => relay.sendToStage(payload, { ...(topic && { topic }) }));
  }
}
