import type { ReceivedData } from '@avatar-bridge/relay';
import type { OwnedSession, SessionStore } from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import type { Journal } from './journal.ts';
import type { Carriage } from './carriage.ts';
import { eventMessages, passEvents, type StageMessage, type ToStageMessages } from './stage-events.ts';
import { heardInV1Room, V1RoomMessages } from './v1-stage.ts';

/** Messages that wait for the avatar at most. */
const mostWaiting = 200;

export type StageTalkParts = {
  owned: Pick<OwnedSession, 'id' | 'record'>;
  store: Pick<SessionStore, 'events' | 'listMessages' | 'postMessage'>;
  journal: Pick<Journal, 'append'>;
  logger: Logger;
  /** Whoever is on the stage to tell it. */
  onStage: () => Pick<Carriage, 'tell'> | undefined;
};

/** What a session and those on its stage say to each other by data packets, in the session's dialect. */
export class StageTalk {
  readonly #parts: StageTalkParts;
  /** What could not be told yet. */
  #waiting: StageMessage[] = [];

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

  /** The avatar is on the stage, for the first time or again. */
  reached(): void {
    for (const message of this.#waiting.splice(0)) this.#tell(message);
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

  /**
   * While a session changes hands nobody is on its stage to tell what happens. Clients of this API find it in the event log;
   * those of v1 have the room only, so it is told them when the avatar is there again.
   */
  #send(message: StageMessage): void {
    if (this.#tell(message) || this.#parts.owned.record.dialect === undefined) return;
    this.#waiting = [...this.#waiting, message].slice(-mostWaiting);
  }

  #tell({ payload, topic }: StageMessage): boolean {
    const carriage = this.#parts.onStage();
    carriage?.tell((relay) => relay.sendToStage(payload, { ...(topic && { topic }) }));
    return carriage !== undefined;
  }
}
