/** Vendors' own clients send 300 to 600 ms first, so that the avatar starts soon, and then about a second. */
const first = { atLeastMs: 300, atMostMs: 400 };
const further = { atLeastMs: 750, atMostMs: 1_000 };
/** Less than this at the player, and even little is handed over at once, ms. */
const hurryMs = 300;
const hurriedMs = 100;
/** An interrupt is heard at once only if little is on its way, ms. */
export const longestAheadMs = 3_000;

export type Supply = {
  waitingMs: number;
  /** Nothing will come behind what waits. */
  complete: boolean;
  /** What the player holds. */
  aheadMs: number;
  /** Nothing of this run was handed over yet. */
  first: boolean;
};

/** How much sound to hand over now, ms; 0 to wait for more sound or for the player. */
export function chunkMs({ waitingMs, complete, aheadMs, first: isFirst }: Supply): number {
  const { atLeastMs, atMostMs } = isFirst ? first : further;
  const size = Math.min(waitingMs, atMostMs);
  if (size === 0 || aheadMs + size > longestAheadMs) return 0;
  const enough = size >= atLeastMs || complete || (!isFirst && aheadMs < hurryMs && size >= hurriedMs);
  return enough ? size : 0;
}
