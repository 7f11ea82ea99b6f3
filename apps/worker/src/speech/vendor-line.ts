import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { now } from '../clock.ts';
import { LostError } from '../lost-error.ts';
import type { Metrics } from '../metrics.ts';
import type { ProviderSession } from '../providers/avatar-provider.ts';
import {
  CancelledError,
  ProviderError,
  RetryableProviderError,
  SessionLostError,
  TerminalProviderError,
} from '../providers/provider-errors.ts';
import type { Piece } from './speech.ts';
import type { Attempt, SubmissionEvent } from './submission.ts';

/** Tries to silence the avatar before its vendor session is given up. */
const silenceTries = 3;
/** ms until something is handed over again that could not be, without the vendor's fault. */
export const pause = 250;

/** What became of an attempt; `error` is why. */
export type Answer = Extract<SubmissionEvent, { type: 'taken' | 'refused' | 'postponed' | 'doubtful' }> & {
  error?: unknown;
};

export type VendorLineParts = {
  metrics: Metrics;
  logger: Logger;
  /** Whether the lease still holds: asked before anything is said, or silenced. */
  mayAct: () => boolean;
  /** Writes down that it is being submitted. False: the message is finished, it must not be said. */
  record: (piece: Piece) => Promise<boolean>;
  answered: (answer: Answer) => void;
  /** The avatar was told to be silent, or never will be. */
  silenced: () => void;
  /** Something was reported. */
  wake: () => void;
  /** The vendor session can't be used any more. */
  lost: (error: ProviderError | LostError) => void;
};

/**
 * A vendor session, as far as it is made to speak. Both calls are answered elsewhere: see VendorLineParts.
 */
export type Line = { submit: (attempt: Attempt) => void; silence: () => void };

/** The calls that make one vendor session speak or be silent. */
export class VendorLine {
  readonly #session: ProviderSession;
  readonly #parts: VendorLineParts;
  readonly #closed = new AbortController();
  /** Aborts what is being handed over. */
  #handing = new AbortController();

  constructor(session: ProviderSession, parts: VendorLineParts) {
    this.#session = session;
    this.#parts = parts;
  }

  /** Gives up all calls; nothing is told of them any more. */
  close(): void {
    this.#closed.abort();
    this.#handing.abort();
  }

  /** Hands over an utterance, once it is written down. */
  async submit(attempt: Attempt): Promise<void> {
    this.#handing = new AbortController();
    const answer = await this.#submit(attempt, this.#handing.signal);
    this.#report(() => this.#parts.answered(answer));
  }

  /** Makes the avatar silent. What is being handed over is given up where that is not too late. */
  async silence(): Promise<void> {
    this.#handing.abort();
    await this.#interrupt();
    this.#report(() => this.#parts.silenced());
  }

  #report(tell: () => void): void {
    if (this.#closed.signal.aborted) return;
    tell();
    this.#parts.wake();
  }

  async #submit(attempt: Attempt, signal: AbortSignal): Promise<Answer> {
    const { metrics, mayAct, record } = this.#parts;
    const { piece } = attempt;
    const { id: messageId, mode } = piece.speech.message;
    try {
      if (!(await record(piece)) || signal.aborted) return { type: 'postponed', attempt, notBefore: 0 };
      if (!mayAct()) return { type: 'postponed', attempt, notBefore: now() + pause };
    } catch (error) {
      return { type: 'postponed', attempt, notBefore: now() + pause, error };
    }
    try {
      const { taskId } = await metrics.vendorCall('speak', () =>
        this.#session.speak({ messageId, text: piece.text, mode, signal }),
      );
      return { type: 'taken', attempt, taskId, at: now() };
    } catch (error) {
      return failed(attempt, error);
    }
  }

  /** Never rejects: an avatar that can't be silenced otherwise loses its vendor session. */
  async #interrupt(): Promise<void> {
    const { signal } = this.#closed;
    const { logger, lost, mayAct, metrics } = this.#parts;
    // who is no owner any more would silence the next one's avatar
    while (!mayAct() && !signal.aborted) await delay(pause, undefined, { signal }).catch(() => {});
    for (let tries = 1; !signal.aborted; tries++) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one try after the other
        await metrics.vendorCall('interrupt', () => this.#session.interrupt(signal));
        return;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: error, tries }, 'the vendor could not be told to be silent');
        if (tries < silenceTries && error instanceof RetryableProviderError) continue;
        return lost(
          error instanceof ProviderError
            ? error
            : new LostError('vendor-lost', 'The vendor could not be told to be silent', { cause: error }),
        );
      }
    }
  }
}

/** Whether the vendor session is of no use any more. */
export function isHopeless(error: unknown): boolean {
  return error instanceof TerminalProviderError || error instanceof SessionLostError;
}

function failed(attempt: Attempt, error: unknown): Answer {
  const at = now();
  if (error instanceof CancelledError) return { type: 'postponed', attempt, notBefore: at };
  if (isHopeless(error)) return { type: 'refused', attempt, at, retryAfter: undefined, error };
  const retryAfter = error instanceof RetryableProviderError ? error.retryAfter : undefined;
  const uncertain = error instanceof RetryableProviderError && error.uncertain;
  return { type: uncertain ? 'doubtful' : 'refused', attempt, at, retryAfter, error };
}
