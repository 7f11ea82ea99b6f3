import type { RelayMediaKind, RelayStats, TrackStats } from '@avatar-bridge/relay';

export const kinds: readonly RelayMediaKind[] = ['video', 'audio'];

/** What only grows; not a word about the moment. */
export const trackCounters = [
  'packets',
  'bytes',
  'lost',
  'repaired',
  'nacksSent',
  'nacksReceived',
  'resent',
  'plisSent',
  'plisReceived',
  'keyFrames',
  'switches',
  'stageLost',
] as const satisfies (keyof TrackStats)[];
export type TrackCounter = (typeof trackCounters)[number];
export type TrackGrowth = Record<TrackCounter, number> & { dropped: TrackStats['dropped'] };
export type Growth = Partial<Record<RelayMediaKind, TrackGrowth>>;

/**
 * How much a relay's counters have grown from one look to the next. They begin at 0, again after each restart, and `lost` goes back when a
 * packet comes late: then nothing has grown until it is higher than ever.
 */
export class RelayGrowth {
  #restarts = 0;
  #highest: Growth = {};

  /** Since the call before, or since the relay's start. */
  since(stats: RelayStats): Growth {
    if (stats.restarts !== this.#restarts) this.#highest = {};
    this.#restarts = stats.restarts;
    const grown: Growth = {};
    for (const kind of kinds) {
      const track = stats[kind];
      if (track === undefined) continue;
      const before = this.#highest[kind] ?? zero(track);
      grown[kind] = combine(track, before, (value, highest) => Math.max(0, value - highest));
      this.#highest[kind] = combine(track, before, Math.max);
    }
    return grown;
  }
}

export function combine(a: TrackGrowth, b: TrackGrowth, how: (a: number, b: number) => number): TrackGrowth {
  const reasons = Object.keys(a.dropped) as (keyof TrackStats['dropped'])[];
  return {
    ...(Object.fromEntries(trackCounters.map((name) => [name, how(a[name], b[name])])) as Record<
      TrackCounter,
      number
    >),
    dropped: Object.fromEntries(
      reasons.map((name) => [name, how(a.dropped[name], b.dropped[name])]),
    ) as TrackStats['dropped'],
  };
}

function zero(track: TrackStats): TrackGrowth {
  return combine(track, track, () => 0);
}
