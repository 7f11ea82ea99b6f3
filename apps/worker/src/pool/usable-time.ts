/**
 * Which part of a vendor session's time may pass before a session gets it: what is left must be worth it, for
 * at its end another one has to be opened beside it.
 */
const usableShare = 0.4;
/** ms. Vendors end a session whose room no client joins within five minutes. */
const longestMs = 240_000;
/** They are replaced a little earlier than sessions may take them, and not all at once. */
const spreadShare = 0.25;
/** ms that a session is taken to last when the vendor does not say it. */
const unknownLimitMs = 600_000;

/**
 * For how long after its opening a vendor session of this lifetime can be given to a session, and after which
 * time its keeper replaces it, in ms.
 *
 * @param chance 0 to 1, drawn once for each
 */
export function usableTime(
  limitMs: number | undefined = unknownLimitMs,
  chance: number,
): { usableMs: number; replaceMs: number } {
  const usableMs = Math.min(limitMs * usableShare, longestMs);
  return { usableMs, replaceMs: usableMs * (1 - spreadShare * chance) };
}
