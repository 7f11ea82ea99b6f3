/** The same text will fail again until something is changed. */
export type TerminalSpeechCode =
  | 'unauthorized'
  | 'no-credits'
  | 'bad-request'
  | 'unsupported-language'
  | 'wrong-format';
/** The same text may be said later. */
export type RetryableSpeechCode =
  | 'rate-limited'
  | 'unavailable'
  | 'timeout'
  | 'network'
  | 'cut-off'
  | 'no-sound';
export type SpeechErrorCode = TerminalSpeechCode | RetryableSpeechCode | 'cancelled';

/** Text could not be made into sound. Messages hold neither keys nor the text. */
export abstract class SpeechError<C extends SpeechErrorCode = SpeechErrorCode> extends Error {
  readonly code: C;
  /** HTTP status of the answer, if there was one. */
  readonly status: number | undefined;

  constructor(code: C, message: string, details: { status?: number | undefined; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
  }
}

/** Don't repeat: something has to be changed first. */
export class TerminalSpeechError extends SpeechError<TerminalSpeechCode> {
  override readonly name = 'TerminalSpeechError';
}

/** Repeat later, after `retryAfterMs` if it is set. */
export class RetryableSpeechError extends SpeechError<RetryableSpeechCode> {
  override readonly name = 'RetryableSpeechError';
  readonly retryAfterMs: number | undefined;

  constructor(
    code: RetryableSpeechCode,
    message: string,
    details: { status?: number | undefined; cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(code, message, details);
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** The caller's signal was aborted, or the synthesizer closed. */
export class CancelledError extends SpeechError<'cancelled'> {
  override readonly name = 'CancelledError';

  constructor(details: { cause?: unknown } = {}) {
    super('cancelled', 'The speech was cancelled', details);
  }
}
