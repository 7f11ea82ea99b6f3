/**
 * A signal for one attempt: aborted by the caller's signal or after `timeout` ms. `release` must be called at
 * the end.
 */
export type Deadline = {
  signal: AbortSignal;
  cause: () => 'caller' | 'timeout' | undefined;
  release: () => void;
};

export function deadline(timeout: number, caller: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  let cause: 'caller' | 'timeout' | undefined;
  const abort = (by: 'caller' | 'timeout') => {
    cause ??= by;
    controller.abort();
  };
  const onCaller = () => abort('caller');
  // AbortSignal.any keeps what it combines alive as long as the longest-lived of them, and callers' signals
  // live as long as sessions.
  const timer = setTimeout(abort, timeout, 'timeout');
  caller?.addEventListener('abort', onCaller, { once: true });
  if (caller?.aborted) onCaller();
  return {
    signal: controller.signal,
    cause: () => cause,
    release: () => {
      clearTimeout(timer);
      caller?.removeEventListener('abort', onCaller);
    },
  };
}

/** Waits `ms`; false when the signal was aborted meanwhile. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve(false);
    const onAbort = () => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve(true);
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
