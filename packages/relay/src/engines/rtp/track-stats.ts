import type { TrackStats } from '../../media-relay.ts';
import type { InletStats } from './inbound/inlet.ts';
import type { LegStats } from './outbound/leg-stats.ts';

export type TrackFacts = Pick<
  TrackStats,
  'codec' | 'framesPerSecond' | 'sinceLastPacket' | 'muted' | 'addedLatency'
> & {
  leg: LegStats;
  /** Of every source track that fed the leg, the newest last. */
  inlets: readonly InletStats[];
};

export function trackStats({ leg, inlets, ...rest }: TrackFacts): TrackStats {
  const sum = (count: (inlet: InletStats) => number): number =>
    inlets.reduce((total, inlet) => total + count(inlet), 0);
  return {
    ...rest,
    packets: leg.packets,
    bytes: leg.bytes,
    lost: sum((inlet) => inlet.lost),
    repaired: sum((inlet) => inlet.repaired),
    jitter: Math.round((inlets.at(-1)?.jitter ?? 0) * 10) / 10,
    nacksSent: sum((inlet) => inlet.nacks),
    nacksReceived: leg.nacks,
    resent: leg.resent,
    plisSent: sum((inlet) => inlet.plis),
    plisReceived: leg.plis,
    keyFrames: leg.keyFrames,
    keyFramesRepeated: leg.keyFramesRepeated,
    switches: leg.switches,
    dropped: {
      duplicates: sum((inlet) => inlet.duplicates),
      refused: sum((inlet) => inlet.refused),
      late: leg.late,
      padding: leg.padding,
      unsent: leg.unsent,
    },
    stageLost: leg.stageLost,
  };
}
