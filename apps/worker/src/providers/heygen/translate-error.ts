import {
  CancelledError as ClientCancelled,
  RetryableError,
  TerminalError,
} from '@avatar-bridge/heygen-client';
import {
  CancelledError,
  ProviderError,
  RetryableProviderError,
  SessionLostError,
  TerminalProviderError,
} from '../provider-errors.ts';

/** An error of the client in the words that all vendors share; any other error as it is. */
export function translateError(error: unknown): Error {
  if (error instanceof ProviderError) return error;
  if (error instanceof ClientCancelled) return new CancelledError({ cause: error });
  if (error instanceof RetryableError) {
    const { code, message, retryAfter, uncertain } = error;
    return new RetryableProviderError(code, message, {
      cause: error,
      uncertain,
      ...(retryAfter !== undefined && { retryAfter }),
    });
  }
  if (error instanceof TerminalError) {
    const { code, message, uncertain } = error;
    if (code === 'session-closed') return new SessionLostError(code, message, { cause: error });
    // An answer nobody understands may come from something between us and the vendor.
    if (code === 'bad-response')
      return new RetryableProviderError('unavailable', message, { cause: error, uncertain });
    return new TerminalProviderError(code, message, { cause: error });
  }
  return error instanceof Error ? error : new Error(String(error));
}

/** Whether the vendor says that the session is gone, or that it is not up yet: it has one answer for both. */
export function saysWrongState(error: unknown): boolean {
  return (
    (error instanceof RetryableError && error.code === 'not-ready') ||
    (error instanceof TerminalError && error.code === 'session-closed')
  );
}
