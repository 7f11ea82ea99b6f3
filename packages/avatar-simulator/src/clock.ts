/**
 * Epoch ms with a tenth of a millisecond, so that times of two processes can be compared finely. Never runs
 * backwards.
 */
export function now(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 10) / 10;
}
