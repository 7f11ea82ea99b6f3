/** What went wrong; `code` is stable, and a problem code of the API where the API answers with it. */
export abstract class StoreError extends Error {
  abstract readonly code: string;
}

/** Trying again does not help. */
export abstract class TerminalError extends StoreError {}

/** Trying again after `retryAfter` ms may help. */
export abstract class RetryableError extends StoreError {
  readonly retryAfter: number;
  constructor(message: string, retryAfter: number, options?: ErrorOptions) {
    super(message, options);
    this.retryAfter = retryAfter;
  }
}

/** Somebody asked for the work to stop. As a lease's abort reason it means: hand the session over. */
export class CancelledError extends StoreError {
  override name = 'CancelledError';
  readonly code = 'cancelled';
  readonly reason: string;
  constructor(reason: string) {
    super(`Cancelled: ${reason}`);
    this.reason = reason;
  }
}

export class UnknownSessionError extends TerminalError {
  override name = 'UnknownSessionError';
  readonly code = 'unknown-session';
  constructor(sessionId: string) {
    super(`There is no session ${sessionId}, or it ended so long ago that it is forgotten`);
  }
}

export class UnknownMessageError extends TerminalError {
  override name = 'UnknownMessageError';
  readonly code = 'unknown-message';
  constructor(sessionId: string, messageId: string) {
    super(`Session ${sessionId} has no message ${messageId}, or it is so old that it is forgotten`);
  }
}

/** The session has ended, or somebody asked for its end: it takes nothing more. */
export class SessionEndedError extends TerminalError {
  override name = 'SessionEndedError';
  readonly code = 'session-ended';
  constructor(sessionId: string) {
    super(`Session ${sessionId} has ended or is being stopped`);
  }
}

export class IdempotencyMismatchError extends TerminalError {
  override name = 'IdempotencyMismatchError';
  readonly code = 'idempotency-mismatch';
  constructor() {
    super('The idempotency key was used before with another body');
  }
}

/** Another worker owns the session, or may own it by now: stop acting on it at once. */
export class FencedError extends TerminalError {
  override name = 'FencedError';
  readonly code = 'fenced';
  readonly sessionId: string;
  readonly epoch: number;
  constructor(sessionId: string, epoch: number, why: string) {
    super(`Epoch ${epoch} of session ${sessionId} is over: ${why}`);
    this.sessionId = sessionId;
    this.epoch = epoch;
  }
}

export class MailboxFullError extends RetryableError {
  override name = 'MailboxFullError';
  readonly code = 'mailbox-full';
  constructor(sessionId: string, limit: number) {
    super(`The mailbox of session ${sessionId} holds ${limit} unfinished messages already`, 2_000);
  }
}

/** As many sessions wait for a slot as may. */
export class QueueFullError extends RetryableError {
  override name = 'QueueFullError';
  readonly code = 'no-slot';
  /** How long one that comes now would have to wait, seconds. */
  readonly estimatedWaitSeconds: number;
  constructor(
    waiting: number,
    { estimatedWaitMs, retryAfter }: { estimatedWaitMs: number; retryAfter: number },
  ) {
    super(
      waiting === 0
        ? 'No slot is free, and no session may wait for one'
        : `${waiting} session${waiting === 1 ? ' waits' : 's wait'} for a slot already`,
      retryAfter,
    );
    this.estimatedWaitSeconds = Math.ceil(estimatedWaitMs / 1_000);
  }
}

/** Redis can't be reached, or can't take writes. Whether the call had an effect is not known. */
export class StoreUnavailableError extends RetryableError {
  override name = 'StoreUnavailableError';
  readonly code = 'store-unavailable';
  constructor(cause: unknown) {
    super(`Redis is not reachable: ${cause instanceof Error ? cause.message : String(cause)}`, 1_000, {
      cause,
    });
  }
}
