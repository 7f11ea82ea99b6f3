import { setTimeout as delay } from 'node:timers/promises';

/**
 * Looks now, and again about `intervalMs` after each look, until the signal aborts; many workers don't all
 * look at once. Never rejects: a look that fails is told to `failed`.
 */
export async function every(
  intervalMs: number,
  look: () => Promise<unknown>,
  { signal, failed }: { signal: AbortSignal; failed: (error: unknown) => void },
): Promise<void> {
  while (!signal.aborted) {
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    await look().catch(failed);
    // oxlint-disable-next-line no-await-in-loop -- likewise
    await delay(intervalMs * (0.9 + Math.random() / 5), undefined, { signal }).catch(() => {});
  }
}
