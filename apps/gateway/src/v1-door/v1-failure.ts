import type { SessionEnd } from '@avatar-bridge/contracts';
import { vendorErrors, type VendorError, type VendorErrorName } from '@avatar-bridge/heygen-client';
import {
  MailboxFullError,
  QueueFullError,
  SessionEndedError,
  StoreUnavailableError,
  UnknownSessionError,
} from '@avatar-bridge/session-store';

/** An error that the v1 door answers, in v1's words where it has some. */
export class V1Failure extends Error {
  override name = 'V1Failure';
  readonly status: number;
  readonly code: number | undefined;
  readonly headers: Record<string, string>;

  constructor(
    { status, code, message }: Pick<VendorError, 'status' | 'code' | 'message'>,
    headers: Record<string, string> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  static of(name: VendorErrorName, headers?: Record<string, string>): V1Failure {
    return new V1Failure(vendorErrors[name], headers);
  }

  /** A request that breaks the schema. How v1 said so is not known: these words are our own. */
  static invalid(message: string): V1Failure {
    return new V1Failure({ status: 400, code: 400_000, message: `Invalid parameters: ${message}` });
  }

  body(): { code?: number; message: string } {
    return { ...(this.code !== undefined && { code: this.code }), message: this.message };
  }
}

/** How a session ended, to whoever waits for it to begin. */
export function failureOfEnd({ code, message }: SessionEnd): V1Failure {
  switch (code) {
    case 'unknown-avatar':
      return V1Failure.of('avatarNotAllowed');
    case 'concurrency-limit':
    case 'no-slot':
      return V1Failure.of('concurrencyLimit');
    case 'stopped':
      return V1Failure.of('wrongState');
    default:
      return new V1Failure({
        ...vendorErrors.wrongState,
        message: `${vendorErrors.wrongState.message}: ${message}`,
      });
  }
}

/** What the door answers to an error; undefined to one that nobody foresaw. */
export function v1FailureOf(error: unknown): V1Failure | undefined {
  if (error instanceof V1Failure) return error;
  if (error instanceof UnknownSessionError || error instanceof SessionEndedError)
    return V1Failure.of('wrongState');
  if (error instanceof QueueFullError) return V1Failure.of('concurrencyLimit', retryAfter(error));
  if (error instanceof MailboxFullError)
    return new V1Failure({ status: 429, message: 'Too many tasks are waiting' }, retryAfter(error));
  if (error instanceof StoreUnavailableError)
    return new V1Failure({ status: 503, message: 'Service unavailable' }, retryAfter(error));
  return undefined;
}

function retryAfter(error: { retryAfter: number }): Record<string, string> {
  return { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfter / 1000))) };
}
