import type { SessionEventBody, SessionLimits } from '@avatar-bridge/contracts';
import { now } from '../clock.ts';
import { type Due, firstDue, type Use } from './limits.ts';

export type LimitKeeperParts = {
  limits: SessionLimits;
  /** ms by now() */
  createdAt: number;
  /** How many viewers are on the stage; it is asked before a session counts as unwatched. */
  viewers: () => Promise<number>;
  warn: (event: Extract<SessionEventBody, { type: 'session.warned' }>) => void;
  reached: (due: Due) => void;
  wake: () => void;
};

/** ms until the stage is asked again that did not answer. */
const askAgainMs = 10_000;

/** Watches over the limits of one session's bill: warns before one is reached, and tells when it is. */
export class LimitKeeper {
  readonly #parts: LimitKeeperParts;
  #use: Use;
  #busy = false;
  #asking = false;
  #askAt = 0;
  /** What was warned of, by its time. */
  #warnedOf: number | undefined;

  constructor(parts: LimitKeeperParts) {
    this.#parts = parts;
    const at = now();
    this.#use = { createdAt: parts.createdAt, activeAt: at, unwatchedSince: at };
  }

  /** Something is asked of the session. */
  active(at: number): void {
    this.#use = { ...this.#use, activeAt: at };
  }

  /** Whether something is being said, or is to be said. */
  busy(busy: boolean, at: number): void {
    if (busy || this.#busy) this.active(at);
    this.#busy = busy;
  }

  /** Somebody receives the picture, or nobody does any more. */
  watched(watched: boolean, at: number): void {
    this.#use = { ...this.#use, unwatchedSince: watched ? undefined : at };
  }

  /** Does what is due, and returns when to look again at the latest (ms by now()). */
  act(at: number): number {
    const due = firstDue(this.#use, this.#parts.limits);
    const warned = this.#warnedOf === due.at;
    if (at < (warned ? due.at : due.warnAt)) return warned ? due.at : due.warnAt;
    if (due.limit === 'max-duration') return this.#tell(due, at);
    if (this.#asking) return Number.POSITIVE_INFINITY;
    if (at < this.#askAt) return this.#askAt;
    void this.#ask(due);
    return Number.POSITIVE_INFINITY;
  }

  #tell(due: Due, at: number): number {
    const { reached, warn } = this.#parts;
    if (at >= due.at) {
      reached(due);
      return Number.POSITIVE_INFINITY;
    }
    this.#warnedOf = due.at;
    warn({
      type: 'session.warned',
      limit: due.limit,
      action: due.action,
      inMs: Math.round(due.at - at),
    });
    return due.at;
  }

  /** Who only listens receives no picture: those count, too, who are just there. */
  async #ask(due: Due): Promise<void> {
    this.#asking = true;
    try {
      const viewers = await this.#parts.viewers();
      const at = now();
      if (viewers > 0) this.watched(false, at);
      else if (firstDue(this.#use, this.#parts.limits).at === due.at) this.#tell(due, at);
    } catch {
      // Nobody is taken off the air while the stage can't be asked.
      this.#askAt = now() + askAgainMs;
    } finally {
      this.#asking = false;
      this.#parts.wake();
    }
  }
}
