import type { RelayMediaKind } from '../../media-relay.ts';
import type { RtcStats } from './inbound-stats.ts';

/** What was sent to the stage for one track. Without what was sent again, but for `resent`. */
export type Outbound = {
  packets: number;
  bytes: number;
  nacks: number;
  plis: number;
  resent: number;
  keyFrames: number;
  /** Packets that the stage's server says it did not get. */
  lost: number;
};

export function readOutbound(stats: readonly RtcStats[], kind: RelayMediaKind): Outbound {
  const sums: Outbound = { packets: 0, bytes: 0, nacks: 0, plis: 0, resent: 0, keyFrames: 0, lost: 0 };
  for (const { stats: entry } of stats) {
    if (entry.case === 'outboundRtp' && entry.value.stream?.kind === kind) {
      const { sent, outbound } = entry.value;
      const resent = Number(outbound?.retransmittedPacketsSent ?? 0);
      sums.packets += Number(sent?.packetsSent ?? 0) - resent;
      sums.bytes +=
        Number(sent?.bytesSent ?? 0) +
        Number(outbound?.headerBytesSent ?? 0) -
        Number(outbound?.retransmittedBytesSent ?? 0);
      sums.nacks += outbound?.nackCount ?? 0;
      sums.plis += outbound?.pliCount ?? 0;
      sums.keyFrames += outbound?.keyFramesEncoded ?? 0;
      sums.resent += resent;
    } else if (entry.case === 'remoteInboundRtp' && entry.value.stream?.kind === kind) {
      sums.lost += Math.max(0, Number(entry.value.received?.packetsLost ?? 0));
    }
  }
  return sums;
}
