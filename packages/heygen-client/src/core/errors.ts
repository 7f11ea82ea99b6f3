/** The same call will fail again. */
export type TerminalCode =
  | 'unauthorized'
  | 'forbidden'
  | 'unknown-avatar'
  | 'bad-request'
  | 'bad-response'
  | 'no-credits'
  | 'session-closed'
  | 'sunset';
/** The same call may succeed later. */
export type RetryableCode =
  | 'rate-limited'
  | 'concurrency-limit'
  | 'not-ready'
  | 'unavailable'
  | 'timeout'
  | 'network';
export type HeyGenErrorCode = TerminalCode | RetryableCode | 'cancelled';

export type HeyGenErrorDetails = {
  /** HTTP status of the answer, if there was one. */
  status?: number;
  /** The number in the vendor's envelope. */
  vendorCode?: number | string;
  /** The vendor's own words, without credentials. */
  vendorMessage?: string;
  /** The vendor may have carried the call out all the same: its answer is what's missing. */
  uncertain?: boolean;
  cause?: unknown;
};

/**
 * Any failure of a call. `message` is for people: what failed, what the vendor said, what to do. The subclass
 * is for code: what to do next.
 */
export abstract class HeyGenError<C extends HeyGenErrorCode = HeyGenErrorCode> extends Error {
  readonly code: C;
  readonly status: number | undefined;
  readonly vendorCode: number | string | undefined;
  readonly vendorMessage: string | undefined;
  readonly uncertain: boolean;

  constructor(code: C, message: string, details: HeyGenErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.vendorCode = details.vendorCode;
    this.vendorMessage = details.vendorMessage;
    this.uncertain = details.uncertain ?? false;
  }
}

/** Don't repeat: something has to be changed first. */
export class TerminalError extends HeyGenError<TerminalCode> {
  override readonly name = 'TerminalError';
}

/** Repeat later, after `retryAfter` ms if it is set. When `uncertain`, repeating may do the thing twice. */
export class RetryableError extends HeyGenError<RetryableCode> {
  override readonly name = 'RetryableError';
  readonly retryAfter: number | undefined;

  constructor(
    code: RetryableCode,
    message: string,
    details: HeyGenErrorDetails & { retryAfter?: number } = {},
  ) {
    super(code, message, details);
    this.retryAfter = details.retryAfter;
  }
}

/** The caller's signal was aborted. */
export class CancelledError extends HeyGenError<'cancelled'> {
  override readonly name = 'CancelledError';

  constructor(message: string, details: HeyGenErrorDetails = {}) {
    super('cancelled', message, details);
  }
}
