import {
  IdempotencyMismatchError,
  MailboxFullError,
  QueueFullError,
  SessionEndedError,
  StoreUnavailableError,
  UnknownMessageError,
  UnknownSessionError,
} from '@avatar-bridge/session-store';
import { HTTPException } from 'hono/http-exception';
import { ProblemError } from './problem-error.ts';

/**
 * What the caller is told about an error. Of one that nobody foresaw he learns nothing but that it happened.
 */
export function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof UnknownSessionError)
    return new ProblemError('unknown-session', 'Check the id, or create a session.');
  if (error instanceof UnknownMessageError)
    return new ProblemError('unknown-message', 'Check the id: the session has no such message.');
  if (error instanceof SessionEndedError)
    return new ProblemError('session-ended', `${error.message}. Create another session.`);
  if (error instanceof IdempotencyMismatchError) {
    return new ProblemError(
      'idempotency-mismatch',
      'Send the same body again, or another Idempotency-Key with another body.',
    );
  }
  if (error instanceof MailboxFullError) {
    return new ProblemError('mailbox-full', `${error.message}. Wait until some are finished.`, {
      headers: retryAfter(error),
    });
  }
  if (error instanceof QueueFullError) {
    const { estimatedWaitSeconds } = error;
    const wait = inWords(estimatedWaitSeconds);
    return new ProblemError(
      'no-slot',
      `${error.message}. Another one would wait for about ${wait}: try later.`,
      {
        headers: retryAfter(error),
        estimatedWaitSeconds,
      },
    );
  }
  if (error instanceof StoreUnavailableError) {
    return new ProblemError('store-unavailable', 'Try again soon, with the same Idempotency-Key.', {
      headers: retryAfter(error),
      cause: error,
    });
  }
  // The JSON validator is the only one who throws a 400.
  if (error instanceof HTTPException && error.status === 400)
    return new ProblemError('not-json', 'Send one JSON object, in UTF-8.');
  if (error instanceof HTTPException && error.status === 415) return wrongMediaType();
  return new ProblemError('internal', 'Try again; if it stays, tell the operators the request id.', {
    cause: error,
  });
}

export function wrongMediaType(): ProblemError {
  return new ProblemError('unsupported-media-type', 'Send the body with Content-Type: application/json.');
}

function inWords(seconds: number): string {
  if (seconds < 90) return `${seconds} seconds`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3_600)} hours`;
}

function retryAfter(error: { retryAfter: number }): Record<string, string> {
  return { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfter / 1000))) };
}
