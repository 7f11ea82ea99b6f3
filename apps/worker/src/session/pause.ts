import type { Speaker } from '../speech/speaker.ts';

type Wanted = { by: number; resolve: () => void };

/** Waits for a pause between utterances, in which a vendor session can be replaced without anybody noticing. */
export class Pause {
  readonly #speaker: Pick<Speaker, 'hold' | 'settled' | 'suspend'>;
  readonly #wake: () => void;
  #wanted: Wanted | undefined;

  constructor(speaker: Pick<Speaker, 'hold' | 'settled' | 'suspend'>, wake: () => void) {
    this.#speaker = speaker;
    this.#wake = wake;
  }

  /**
   * Resolves at a pause; at `by` (ms by now()) what is being said is cut off, to be said again. Nothing is
   * submitted from now on until the speaker is told. Rejects when the signal aborts.
   */
  async until(by: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const paused = Promise.withResolvers<void>();
    const onAbort = () => paused.reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    this.#speaker.hold(true);
    this.#wanted = { by, resolve: paused.resolve };
    this.#wake();
    try {
      await paused.promise;
    } finally {
      this.#wanted = undefined;
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Looks whether there is one, and returns when to look again at the latest (ms by now()). */
  act(at: number): number {
    if (!this.#wanted) return Number.POSITIVE_INFINITY;
    if (this.#speaker.settled) this.#wanted.resolve();
    else if (at >= this.#wanted.by) this.#speaker.suspend();
    else return this.#wanted.by;
    return Number.POSITIVE_INFINITY;
  }
}
