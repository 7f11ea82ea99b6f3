import type { MessageId } from '@avatar-bridge/contracts';
import type { OwnedSession, QueuedCommand, SessionRecord } from '@avatar-bridge/session-store';
import type { Known } from '../speech/known.ts';
import type { Takeover } from './takeover.ts';

/** A command, and for a message that a former owner began: what is known of it. */
export type Incoming = { command: QueuedCommand; known: Known | undefined };

export type MailboxParts = {
  owned: Pick<OwnedSession, 'commands'> & { record: Pick<SessionRecord, 'cursor'> };
  takeover: Takeover;
  /** There is something to take. */
  wake: () => void;
  failed: (error: unknown) => void;
};

/**
 * Reads a session's commands ahead of what is done about them. Messages are held back until it is known what
 * a former owner has said of them; interrupt and stop are not, nor is what they act on.
 */
export class Mailbox {
  readonly #parts: MailboxParts;
  #waiting: QueuedCommand[] = [];
  #known: ReadonlyMap<MessageId, Known> | undefined;
  #lastEntry: string;

  constructor(parts: MailboxParts) {
    this.#parts = parts;
    this.#lastEntry = parts.owned.record.cursor;
  }

  /** Up to which of its entries the mailbox was read. */
  get lastEntry(): string {
    return this.#lastEntry;
  }

  /** Reads until the signal aborts; never rejects. */
  async read(signal: AbortSignal): Promise<void> {
    const { failed, takeover, owned, wake } = this.#parts;
    const commands = async () => {
      for await (const command of owned.commands({ signal })) {
        this.#waiting.push(command);
        this.#lastEntry = command.entryId;
        wake();
      }
    };
    const inherit = async () => {
      this.#known = await takeover.known;
      wake();
    };
    await Promise.all([commands().catch(failed), inherit().catch(failed)]);
  }

  /** Takes out what is to be obeyed now, in order. */
  take(): Incoming[] {
    const urgent = this.#waiting.findLastIndex(({ type }) => type !== 'message') + 1;
    const ready = this.#waiting.splice(0, this.#known ? this.#waiting.length : urgent);
    return ready.map((command) => ({
      command,
      known: command.type === 'message' ? this.#known?.get(command.id) : undefined,
    }));
  }
}
