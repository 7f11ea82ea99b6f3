import { type MessageState, type Session, SessionId } from '@avatar-bridge/contracts';
import { type SessionStore, UnknownSessionError } from '@avatar-bridge/session-store';
import type { Logger } from 'pino';

/** ms between looks for idle sessions. */
const lookEveryMs = 1_000;
const finalStates: MessageState[] = ['spoken', 'interrupted', 'failed', 'dropped', 'expired'];

/** When a session that is used now is idle, epoch ms. */
export function idleDeadline({ avatar }: Session, now = Date.now()): number {
  return now + avatar.idleTimeoutSeconds * 1_000;
}

/**
 * Ends sessions of the v1 door that nobody used for as long as they asked for, as v1 does. Every gateway looks; which of
 * them ends a session makes no difference.
 */
export class IdleSweep {
  readonly #store: SessionStore;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  #looking = false;

  constructor(store: SessionStore, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
    this.#timer = setInterval(() => void this.#look(), lookEveryMs);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const due = await this.#store.v1Door.idle(Date.now());
      await Promise.all(due.map((id) => this.#examine(SessionId.parse(id))));
    } catch (error) {
      this.#logger.debug({ err: error }, 'idle sessions could not be looked for');
    } finally {
      this.#looking = false;
    }
  }

  async #examine(id: SessionId): Promise<void> {
    const { v1Door } = this.#store;
    const session = await this.#store.getSession(id).catch((error: unknown) => {
      if (error instanceof UnknownSessionError) return undefined;
      throw error;
    });
    if (!session || session.state === 'ended') return v1Door.forgetIdleDeadline(id);
    const usedAt = session.pending > 0 ? Date.now() : await this.#lastSpokenAt(id);
    const deadline = idleDeadline(session, usedAt);
    if (deadline > Date.now()) return v1Door.setIdleDeadline(id, deadline);
    await this.#store.stopSession(id, `nobody used it for ${session.avatar.idleTimeoutSeconds} s`);
    await v1Door.forgetIdleDeadline(id);
  }

  /** When the last message was over, epoch ms; 0 when there was none. */
  async #lastSpokenAt(id: SessionId): Promise<number> {
    const [newest] = await this.#store
      .mailboxAsQueue(id)
      .list({ states: finalStates, start: 0, end: 0, newestFirst: true });
    return newest?.finishedAt ?? 0;
  }
}
