import { setTimeout as delay } from 'node:timers/promises';

/** What `work` resolves with, or undefined after `ms`; the work goes on then. Leaves no timer behind. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  const over = new AbortController();
  try {
    return await Promise.race([work, delay(ms, undefined, { signal: over.signal })]);
  } finally {
    over.abort();
  }
}
