import type { SessionStore } from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import { every } from './every.ts';
import type { StageAccess } from './session/stage-access.ts';

export type ParkedSessionsParts = {
  store: Pick<SessionStore, 'parkedSessions' | 'wakeSession'>;
  stage: Pick<StageAccess, 'occupied' | 'viewers'>;
  logger: Logger;
};

/** ms between two looks, about. */
const intervalMs = 1_500;

/** Wakes parked sessions that somebody wants to watch. Any number of workers may do it. */
export class ParkedSessions {
  readonly #parts: ParkedSessionsParts;

  constructor(parts: ParkedSessionsParts) {
    this.#parts = parts;
  }

  /** Goes on until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const failed = (error: unknown) =>
      this.#parts.logger.debug({ err: error }, 'parked sessions could not be looked after');
    await every(intervalMs, () => this.once(), { signal, failed });
  }

  /** One look. */
  async once(): Promise<void> {
    const { logger, stage, store } = this.#parts;
    const parked = await store.parkedSessions();
    if (parked.length === 0) return;
    const occupied = new Set(await stage.occupied([...new Set(parked.map(({ room }) => room))]));
    const perhaps = parked.filter(({ room }) => occupied.has(room));
    await Promise.all(
      perhaps.map(async ({ id, room }) => {
        if ((await stage.viewers(room)) === 0) return;
        logger.info({ sessionId: id }, 'a viewer of a parked session came');
        await store.wakeSession(id);
      }),
    );
  }
}
