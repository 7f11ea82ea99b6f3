/** A picture that stands still for so long is noticed by everybody. */
const STALLED_AFTER = 1_000;

export type StallEvent = { type: 'stalled'; since: number } | { type: 'resumed'; gap: number };

/** Notices when the packets of a track stop and when they go on. Times in ms on one monotonic clock. */
export class StallWatch {
  #stalledSince = -1;

  get stalled(): boolean {
    return this.#stalledSince >= 0;
  }

  /**
   * Call this a few times a second. `lastPacketAt` is -1 before the first packet; `expected` is whether
   * packets should come at all.
   */
  check(lastPacketAt: number, expected: boolean, now: number): StallEvent | undefined {
    if (this.#stalledSince >= 0) {
      if (lastPacketAt === this.#stalledSince) return undefined;
      const gap = lastPacketAt - this.#stalledSince;
      this.#stalledSince = -1;
      return { type: 'resumed', gap };
    }
    if (!expected || lastPacketAt < 0 || now - lastPacketAt < STALLED_AFTER) return undefined;
    this.#stalledSince = lastPacketAt;
    return { type: 'stalled', since: now - lastPacketAt };
  }
}
