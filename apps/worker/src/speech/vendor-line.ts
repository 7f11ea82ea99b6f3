import type { Logger } from 'pino';
import { now } from '../clock.ts';
import { LostError } from '../lost-error.ts';
import type { Metrics } from '../metrics.ts';
import type { ProviderSession } from '../providers/avatar-provider.ts';
import {
  ProviderError,
  RetryableProviderError,
  SessionLostError,
  TerminalProviderError,
} from '../providers/provider-errors.ts';
import { within } from '../within.ts';
import type { MessageBook } from './message-book.ts';
import type { Fact, Piece, SpeechQueue } from './speech-queue.ts';

/** ms after which a task that nobody knows is taken for the one whose submission got no answer. */
const adoptAfter = 1_000;
/** ms that a submission without an answer may stay without a sign of being spoken, once nothing is before it. */
const signBound = { repeat: 2_500, talk: 10_000 };
/** Tries to hand over one utterance before the vendor session is given up. */
const maxTries = 6;
/** Tries to silence the avatar before its vendor session is given up. */
const silenceTries = 3;
/** ms that an interrupt waits for the answer of a submission that it overtook. */
const overtakenBound = 1_500;
/** ms until the lease is looked at again when it does not hold for certain. */
const leasePause = 250;

export type VendorLineParts = {
  queue: SpeechQueue;
  book: MessageBook;
  metrics: Metrics;
  logger: Logger;
  /** Whether the lease still holds: asked before anything is said. */
  mayAct: () => boolean;
  wake: () => void;
  /** The vendor session can't be used any more. */
  lost: (error: ProviderError | LostError) => void;
  /** Facts that came to light when the vendor named a task. */
  note: (facts: Fact[]) => void;
};

type Submission = { piece: Piece; at: number; done: Promise<void> };

/**
 * The calls that make one vendor session speak or be silent. Utterances are handed over one at a time, never while the avatar is
 * being silenced; each is written down before. One whose answer is missing stays here until what the avatar does tells its fate.
 */
export class VendorLine {
  readonly #session: ProviderSession;
  readonly #parts: VendorLineParts;
  readonly #calls = new AbortController();
  #submission: Submission | undefined;
  #silencing = 0;
  #tries = 0;
  #notBefore = 0;

  constructor(session: ProviderSession, parts: VendorLineParts) {
    this.#session = session;
    this.#parts = parts;
    this.adopt();
  }

  /** What a former owner was just handing over counts as a submission without an answer. */
  adopt(): void {
    const piece = this.#parts.queue.outstanding.at(-1);
    if (piece?.state.name === 'submitting' && !this.#submission)
      this.#submission = { piece, at: now(), done: Promise.resolve() };
  }

  get silencing(): boolean {
    return this.#silencing > 0;
  }

  get submitting(): boolean {
    return this.#submission !== undefined;
  }

  /** Gives up all calls; nothing that they still bring has an effect. */
  close(): void {
    this.#calls.abort();
    this.#submission = undefined;
  }

  /** Hands over what is due, and returns when to look again at the latest (epoch ms). */
  act(at: number, { submit }: { submit: boolean }): number {
    if (this.#submission) return this.#settle(this.#submission, at);
    if (!submit || this.#silencing > 0) return Number.POSITIVE_INFINITY;
    const { queue } = this.#parts;
    const piece = queue.next();
    if (!piece) return Number.POSITIVE_INFINITY;
    if (at < this.#notBefore) return this.#notBefore;
    if (!this.#parts.mayAct()) return at + leasePause;
    queue.submitting(piece, at);
    const submission: Submission = { piece, at, done: Promise.resolve() };
    this.#submission = submission;
    submission.done = this.#hand(submission).finally(this.#parts.wake);
    return at + adoptAfter;
  }

  /** Makes the avatar silent, also what is just being handed over. Calls `told` as soon as the vendor knows. */
  async silence(told: () => void): Promise<void> {
    const overtaken = this.#submission;
    this.#silencing += 1;
    try {
      await this.#interrupt();
      told();
      if (!overtaken) return;
      // it may have reached the vendor after the interrupt
      await within(overtaken.done, overtakenBound);
      await this.#interrupt();
      this.#over(overtaken);
    } finally {
      this.#silencing -= 1;
      this.#parts.wake();
    }
  }

  async #hand(submission: Submission): Promise<void> {
    const { piece } = submission;
    const { book, metrics, mayAct, queue } = this.#parts;
    const { id: messageId, mode } = piece.speech.message;
    const { signal } = this.#calls;
    try {
      if (!(await book.submitting(piece))) {
        queue.remove(piece.speech);
        this.#over(submission);
        return;
      }
      if (piece.speech.cancelled || signal.aborted || !mayAct()) return this.#notTaken(submission);
      const { taskId } = await metrics.vendorCall('speak', () =>
        this.#session.speak({ messageId, text: piece.text, mode, signal }),
      );
      this.#taken(submission, taskId);
    } catch (error) {
      this.#failed(submission, error);
    }
  }

  #taken(submission: Submission, taskId: string): void {
    if (!this.#over(submission)) return;
    const { piece } = submission;
    this.#tries = 0;
    if (piece.speech.cancelled) return;
    const first = piece.speech.submittedAt === undefined;
    const facts = this.#parts.queue.submitted(piece, taskId, now());
    this.#parts.book.submitted(piece, taskId, first);
    this.#parts.note(facts);
  }

  #notTaken(submission: Submission): void {
    if (this.#over(submission)) this.#parts.queue.refused(submission.piece);
  }

  #failed(submission: Submission, error: unknown): void {
    if (this.#submission !== submission) return;
    const { book, logger, lost, queue } = this.#parts;
    const { piece } = submission;
    const { message } = piece.speech;
    if (error instanceof TerminalProviderError && error.code === 'bad-request') {
      queue.remove(piece.speech);
      this.#over(submission);
      return book.unspoken(piece.speech, { state: 'failed', code: error.code, reason: error.message });
    }
    if (error instanceof TerminalProviderError || error instanceof SessionLostError) {
      this.#notTaken(submission);
      return lost(error);
    }
    this.#tries += 1;
    logger.warn({ err: error, messageId: message.id, tries: this.#tries }, 'an utterance was not taken');
    if (error instanceof ProviderError && this.#tries >= maxTries) {
      this.#notTaken(submission);
      return lost(error);
    }
    const retryAfter = error instanceof RetryableProviderError ? error.retryAfter : undefined;
    this.#notBefore = now() + (retryAfter ?? 100 * 2 ** this.#tries);
    if (!(error instanceof RetryableProviderError && error.uncertain)) this.#notTaken(submission);
  }

  /** Finds out about a submission without an answer from what the avatar does. */
  #settle(submission: Submission, time: number): number {
    const { piece, at } = submission;
    const { queue, logger } = this.#parts;
    if (this.#silencing > 0) return Number.POSITIVE_INFINITY;
    if (time < at + adoptAfter) return at + adoptAfter;
    const taskId = queue.unknownTaskSince(at);
    if (taskId !== undefined) {
      this.#taken(submission, taskId);
      return time;
    }
    const front = queue.front;
    if (front?.piece !== piece) return Number.POSITIVE_INFINITY;
    const bound = Math.max(front.since, at) + signBound[piece.speech.message.mode];
    if (time < bound) return bound;
    logger.warn({ messageId: piece.speech.message.id }, 'an utterance got no answer and is not being said');
    void this.#takeBack(submission);
    return Number.POSITIVE_INFINITY;
  }

  /** Makes sure that it is not said, so that it can be said again. */
  async #takeBack(submission: Submission): Promise<void> {
    this.#silencing += 1;
    await this.#interrupt();
    this.#silencing -= 1;
    this.#notTaken(submission);
    this.#parts.wake();
  }

  /** True for the first who asks: whoever comes later must not act on it. */
  #over(submission: Submission): boolean {
    if (this.#submission !== submission) return false;
    this.#submission = undefined;
    return true;
  }

  /** Never rejects: an avatar that can't be silenced otherwise loses its vendor session. */
  async #interrupt(): Promise<void> {
    const { signal } = this.#calls;
    const { logger, lost, metrics } = this.#parts;
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
