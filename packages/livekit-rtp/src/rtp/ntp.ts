/** Seconds between the NTP epoch (1900) and the Unix epoch (RFC 5905). */
const EPOCH_DIFFERENCE = 2_208_988_800;

/** The NTP timestamp of a time in ms since 1970. */
export function ntpOf(epochMs: number): { ntpSeconds: number; ntpFraction: number } {
  const seconds = Math.floor(epochMs / 1000);
  return {
    ntpSeconds: (seconds + EPOCH_DIFFERENCE) >>> 0,
    ntpFraction: Math.floor(((epochMs - seconds * 1000) / 1000) * 2 ** 32) >>> 0,
  };
}

/** The middle 32 bits of an NTP timestamp, as receiver reports quote it (RFC 3550, 6.4.1). */
export function ntpMiddle(ntpSeconds: number, ntpFraction: number): number {
  return (((ntpSeconds & 0xffff) << 16) | (ntpFraction >>> 16)) >>> 0;
}
