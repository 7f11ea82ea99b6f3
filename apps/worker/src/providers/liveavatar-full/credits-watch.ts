import type { LiveAvatarClient } from '@avatar-bridge/heygen-client/liveavatar';
import type { Logger } from 'pino';
import type { VendorEvent } from '../vendor-event.ts';

/** ms between two looks while a session is open. */
const interval = 300_000;
/** ms */
const timeout = 5_000;
/** Fewer credits may not last for a session of ten minutes, at two a minute. */
const lowCredits = 20;

type Listener = (event: Extract<VendorEvent, { type: 'credits' }>) => void;

/** Looks now and then at what the account has left, and tells its open sessions. */
export class CreditsWatch {
  readonly #client: LiveAvatarClient;
  readonly #logger: Logger;
  readonly #listeners = new Set<Listener>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(client: LiveAvatarClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
  }

  /** Tells a session until the returned function is called. */
  add(listener: Listener): () => void {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => void this.look(), interval).unref();
    void this.look();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Looks now; never rejects. */
  look(): Promise<void> {
    return (this.#looking ??= this.#look().finally(() => (this.#looking = undefined)));
  }

  async #look(): Promise<void> {
    try {
      const remaining = await this.#client.credits({ timeout });
      const low = remaining < lowCredits;
      if (low) this.#logger.warn({ remaining }, 'the LiveAvatar account is short of credits');
      for (const tell of this.#listeners) tell({ type: 'credits', remaining, low });
    } catch (error) {
      this.#logger.warn({ err: error }, "the LiveAvatar account's credits could not be read");
    }
  }
}
