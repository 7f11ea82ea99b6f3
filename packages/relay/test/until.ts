import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `condition` holds; fails with what was waited for. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeout = 15_000,
): Promise<void> {
  const end = performance.now() + timeout;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`timed out waiting until ${what}`);
    await sleep(25);
  }
}

/** How much `count` grows in a second, over some seconds. */
export async function perSecond(count: () => number, seconds = 2): Promise<number> {
  const before = count();
  const start = performance.now();
  await sleep(seconds * 1000);
  return ((count() - before) * 1000) / (performance.now() - start);
}
