import { setTimeout as delay } from 'node:timers/promises';
import type { SessionEventBody } from '@avatar-bridge/contracts';
import type { Logger } from 'pino';
import {
  FencedError,
  type OwnedSession,
  SessionEndedError,
  StoreUnavailableError,
} from '@avatar-bridge/session-store';

type Write = (owned: OwnedSession) => Promise<unknown>;
type Entry = { events: SessionEventBody[] } | { write: Write };

/**
 * Writes down what happened to a session, in order, without anybody waiting for it: what the avatar does must
 * not wait for Redis. Events that wait together are written together. While Redis is away it keeps all and
 * tries again; once the session is another owner's it writes nothing more and calls `onFenced`.
 */
export class Journal {
  #waiting: Entry[] = [];
  #running: Promise<void> | undefined;
  #closed = false;
  readonly #owned: Pick<OwnedSession, 'once'>;
  readonly #onFenced: () => void;
  readonly #logger: Logger;

  constructor(owned: Pick<OwnedSession, 'once'>, onFenced: () => void, logger: Logger) {
    this.#owned = owned;
    this.#onFenced = onFenced;
    this.#logger = logger;
  }

  append(event: SessionEventBody): void {
    const last = this.#waiting.at(-1);
    if (last && 'events' in last) last.events.push(event);
    else this.#push({ events: [event] });
  }

  /**
   * Any other write. It may run more than once, when Redis' answer was lost; what it does with `owned` is
   * done once.
   */
  write(write: Write): void {
    this.#push({ write });
  }

  /** Resolves when all that was handed in is written, or never will be. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /**
   * To be asked about every error of a write that does not go through here: whether the session is another
   * owner's, or over.
   */
  noticeFence(error: unknown): boolean {
    if (!(error instanceof FencedError || error instanceof SessionEndedError)) return false;
    this.close();
    this.#onFenced();
    return true;
  }

  /** Drops what waits. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  #push(entry: Entry): void {
    if (this.#closed) return;
    this.#waiting.push(entry);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    for (let entry = this.#waiting.shift(); entry; entry = this.#waiting.shift()) {
      // oxlint-disable-next-line no-await-in-loop -- in order
      await this.#writeOne('events' in entry ? (owned) => owned.append(...entry.events) : entry.write);
    }
    // In the same turn in which nothing was left: what is pushed later begins anew.
    this.#running = undefined;
  }

  async #writeOne(write: Write): Promise<void> {
    const owned = this.#owned.once();
    while (!this.#closed) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one try after the other
        await write(owned);
        return;
      } catch (error) {
        if (error instanceof StoreUnavailableError) {
          // oxlint-disable-next-line no-await-in-loop -- one try after the other
          await delay(Math.min(error.retryAfter, 500));
        } else if (!this.noticeFence(error)) {
          this.#logger.error({ err: error }, 'a write to the session was refused');
          return;
        }
      }
    }
  }
}
