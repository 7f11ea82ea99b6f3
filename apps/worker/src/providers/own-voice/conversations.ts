import { Conversation } from '../../responder/conversation.ts';

/** Sessions whose conversation is remembered. */
const remembered = 1_000;

/** The conversations of a worker's sessions: they outlive a vendor session, which may be replaced at any time. */
export class Conversations {
  readonly #bySession = new Map<string, Conversation>();

  of(sessionId: string): Conversation {
    const conversation = this.#bySession.get(sessionId) ?? new Conversation();
    this.#bySession.delete(sessionId);
    this.#bySession.set(sessionId, conversation);
    const [oldest] = this.#bySession.keys();
    if (this.#bySession.size > remembered && oldest !== undefined) this.#bySession.delete(oldest);
    return conversation;
  }
}
