import { CancelledError, RetryableError, LiveKitRtpError } from './errors.ts';

export type DeadlineOptions = {
  /** What is being done, for the error message. */
  what: string;
  /** ms until it fails with RetryableError('timeout'). */
  timeout: number;
  /** When one of these aborts, the work fails with the reason, or with CancelledError if that is not an error of ours. */
  signals: readonly (AbortSignal | undefined)[];
};

/**
 * Runs `work` with a signal that aborts on timeout and with each of the given signals. The result settles as soon as the signal aborts,
 * whether or not `work` looks at it; nothing is left behind then but work that nobody waits for.
 */
export async function withDeadline<T>(
  options: DeadlineOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (error: LiveKitRtpError): void => {
    reject(error);
    controller.abort(error);
  };
  const timer = setTimeout(
    () => abort(new RetryableError('timeout', `${options.what} took longer than ${options.timeout} ms`)),
    options.timeout,
  );
  const onAbort = (event: Event): void => abort(reasonOf(event.target as AbortSignal, options.what));
  const signals = options.signals.filter((signal) => signal !== undefined);
  try {
    for (const signal of signals) {
      if (signal.aborted) throw reasonOf(signal, options.what);
      signal.addEventListener('abort', onAbort, { once: true });
    }
    return await Promise.race([work(controller.signal), aborted]);
  } finally {
    clearTimeout(timer);
    for (const signal of signals) signal.removeEventListener('abort', onAbort);
  }
}

/** Waits for `promise`, but no longer than until `signal` aborts. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => undefined);
    throw signal.reason;
  }
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function reasonOf(signal: AbortSignal, what: string): LiveKitRtpError {
  const reason: unknown = signal.reason;
  return reason instanceof LiveKitRtpError
    ? reason
    : new CancelledError(`${what} was cancelled`, { cause: reason });
}
