/** ms from 1900 to 1970. */
export const NTP_EPOCH_DIFFERENCE = 2_208_988_800_000;

/**
 * Moves the NTP times of one source's sender reports to our own clock, by the same amount for its audio and
 * its video. So they stay in sync with each other, and the reports of a track go on forwards when its source
 * is replaced: receivers, LiveKit's server among them, ignore reports that are older than the last.
 */
export class SourceClock {
  #shift: number | undefined;

  /**
   * `ntp`: ms since 1900 on the source's clock; `arrivedAt`: our time of arrival, ms since 1970. Returns ms
   * since 1900 on our clock.
   */
  toOurs(ntp: number, arrivedAt: number): number {
    this.#shift ??= arrivedAt + NTP_EPOCH_DIFFERENCE - ntp;
    return ntp + this.#shift;
  }
}
