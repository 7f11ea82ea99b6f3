import type { SessionEventBody } from '@avatar-bridge/contracts';
import type { RelayMediaKind, RelayStats } from '@avatar-bridge/relay';
import { combine, type Growth, kinds } from '../relay-growth.ts';
import { lookInterval } from '../relay-metrics.ts';

type Summary = Extract<SessionEventBody, { type: 'media.stats' }>;

const looksPerSummary = 60_000 / lookInterval;

/** Sums up what a relay has carried, about once a minute: the event log is no place for more. Times are epoch ms. */
export class MediaSummary {
  #since: number;
  #looks = 0;
  #sums: Growth = {};

  constructor(now: number) {
    this.#since = now;
  }

  /** To be called with each look at the relay. */
  add(stats: RelayStats, growth: Growth, now: number): Summary | undefined {
    for (const kind of kinds) {
      const [sum, grown] = [this.#sums[kind], growth[kind]];
      if (grown !== undefined)
        this.#sums[kind] = sum === undefined ? grown : combine(sum, grown, (a, b) => a + b);
    }
    this.#looks++;
    if (this.#looks < looksPerSummary) return undefined;
    const windowMs = now - this.#since;
    const [video, audio] = [this.#of('video', stats, windowMs), this.#of('audio', stats, windowMs)];
    this.#since = now;
    this.#looks = 0;
    this.#sums = {};
    const { skew } = stats;
    return {
      type: 'media.stats',
      windowMs,
      ...(skew !== undefined && { skewMs: skew }),
      ...(video && { video }),
      ...(audio && { audio }),
    };
  }

  #of(kind: RelayMediaKind, stats: RelayStats, windowMs: number): Summary[RelayMediaKind] {
    const sum = this.#sums[kind];
    if (sum === undefined) return undefined;
    const { packets, lost, repaired, bytes } = sum;
    const bitrate = windowMs > 0 ? Math.round((bytes * 8_000) / windowMs) : 0;
    return { packets, lost, repaired, bitrate, framesPerSecond: stats[kind]?.framesPerSecond ?? 0 };
  }
}
