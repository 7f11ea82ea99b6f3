/**
 * ms since 1970 by the monotonic clock: it reads like Date.now(), but never jumps when somebody sets the
 * machine's clock. Everything that waits, or compares two moments of this process, uses it.
 */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
