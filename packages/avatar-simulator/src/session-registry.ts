import { bounds } from './limits.ts';

/** What a registry knows of a session. */
export interface RegisteredSession<Reason> {
  readonly id: string;
  readonly tasks: readonly unknown[];
  close(reason: Reason): Promise<void>;
}

/** All sessions of an API: those open now, and those of the past as far back as memory is given. */
export class SessionRegistry<S extends RegisteredSession<Reason>, Reason> {
  readonly #open = new Map<string, S>();
  readonly #ended = new Map<string, S>();

  add(session: S): void {
    this.#open.set(session.id, session);
  }

  find(id: string): S | undefined {
    return this.#open.get(id) ?? this.#ended.get(id);
  }

  listOpen(): S[] {
    return [...this.#open.values()];
  }

  /** Ended ones first, each in the order of their end; then the open ones. */
  listAll(): S[] {
    return [...this.#ended.values(), ...this.#open.values()];
  }

  /** Closes every session and resolves when all rooms are gone. */
  async closeAll(reason: Reason): Promise<void> {
    await Promise.all(this.listOpen().map((session) => session.close(reason)));
  }

  /** Keeps an ended session; the oldest are forgotten when there are too many. */
  end(session: S): void {
    this.#open.delete(session.id);
    this.#ended.set(session.id, session);
    let tasks = 0;
    for (const ended of this.#ended.values()) tasks += ended.tasks.length;
    for (const [id, ended] of this.#ended) {
      if (this.#ended.size <= bounds.endedSessions && tasks <= bounds.tasks) break;
      tasks -= ended.tasks.length;
      this.#ended.delete(id);
    }
  }

  forgetEnded(): void {
    this.#ended.clear();
  }
}
