/** ms before the vendor's limit at which the successor must be on the stage: a vendor's start, and an utterance. */
const margin = { least: 12_000, most: 60_000, share: 0.1 };
/** Sessions that were opened together are replaced at different times, within this. */
const spread = { most: 60_000, share: 0.2 };
/** ms before the limit at which what is being said is cut off and said again, rather than lost. */
export const lastMomentMs = 2_000;
/** ms until a successor that could not be opened is tried again. */
export const rolloverRetryMs = 5_000;

/**
 * When a vendor session of this lifetime is to be replaced, in ms after its opening: long enough before its
 * limit, and not at the same moment as others. Infinity when it has no limit.
 *
 * @param chance 0 to 1, drawn once for each vendor session
 */
export function rolloverAfter(limitMs: number, chance: number): number {
  if (!Number.isFinite(limitMs)) return Number.POSITIVE_INFINITY;
  const before = Math.min(Math.max(limitMs * margin.share, margin.least), margin.most);
  const early = Math.min(limitMs * spread.share, spread.most) * chance;
  return Math.max(limitMs / 3, limitMs - before - early);
}
