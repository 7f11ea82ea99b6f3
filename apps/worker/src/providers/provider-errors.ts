/** What went wrong at a vendor, in words all vendors share. */
export type ProviderErrorCode =
  | 'unauthorized'
  | 'forbidden'
  | 'unknown-avatar'
  | 'unknown-provider'
  | 'bad-request'
  | 'bad-response'
  | 'no-speech'
  | 'no-slot'
  | 'concurrency-limit'
  | 'no-credits'
  | 'rate-limited'
  | 'not-ready'
  | 'unavailable'
  | 'vendor-away'
  | 'timeout'
  | 'network'
  | 'session-closed'
  | 'sunset'
  | 'speech-unavailable'
  | 'cancelled';

/**
 * An error of a vendor; the subclass says what the caller does next. Messages say what a person can do and
 * hold no secrets and no texts of users.
 */
export abstract class ProviderError extends Error {
  readonly code: ProviderErrorCode;
  constructor(code: ProviderErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The same call will never succeed. */
export class TerminalProviderError extends ProviderError {
  override name = 'TerminalProviderError';
}

/**
 * The same call may succeed later, not before `retryAfter` ms when the vendor said so. When `uncertain`, the
 * vendor may have carried it out all the same: its answer is what is missing.
 */
export class RetryableProviderError extends ProviderError {
  override name = 'RetryableProviderError';
  readonly retryAfter: number | undefined;
  readonly uncertain: boolean;
  constructor(
    code: ProviderErrorCode,
    message: string,
    options?: ErrorOptions & { retryAfter?: number; uncertain?: boolean },
  ) {
    super(code, message, options);
    this.retryAfter = options?.retryAfter;
    this.uncertain = options?.uncertain ?? false;
  }
}

/** This vendor session is gone; another one may be opened. */
export class SessionLostError extends ProviderError {
  override name = 'SessionLostError';
}

/** The caller's own signal ended the call. */
export class CancelledError extends ProviderError {
  override name = 'CancelledError';
  constructor(options?: ErrorOptions) {
    super('cancelled', 'The call was cancelled', options);
  }
}
