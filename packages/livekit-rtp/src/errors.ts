/** Why a call failed, for code to decide on. The class says what to do next, the code says what happened. */
export type ErrorCode =
  | 'invalid-url'
  | 'invalid-options'
  | 'unauthorized'
  | 'forbidden'
  | 'room-not-found'
  | 'rejected'
  | 'removed'
  | 'closed'
  | 'unsupported-codec'
  | 'payload-too-large'
  | 'signal-failed'
  | 'signal-lost'
  | 'ice-failed'
  | 'server-unavailable'
  | 'timeout'
  | 'cancelled';

/** The base of every error this package throws on purpose. */
export class LiveKitRtpError extends Error {
  override name = 'LiveKitRtpError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Trying again with the same arguments will fail again: bad url, refused token, removed by the room's owner. */
export class TerminalError extends LiveKitRtpError {
  override name = 'TerminalError';
}

/** The network or the server failed; the same call may succeed later. */
export class RetryableError extends LiveKitRtpError {
  override name = 'RetryableError';
}

/** The caller's AbortSignal fired, or close() was called meanwhile. */
export class CancelledError extends LiveKitRtpError {
  override name = 'CancelledError';

  constructor(message: string, options?: ErrorOptions) {
    super('cancelled', message, options);
  }
}

/** An error of the native library: the connection it came from is broken or closing. Errors of this package are returned as they are. */
export function connectionError(error: unknown): LiveKitRtpError {
  return error instanceof LiveKitRtpError
    ? error
    : new RetryableError('ice-failed', 'the peer connection failed', { cause: error });
}
