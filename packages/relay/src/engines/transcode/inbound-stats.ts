import type { Room } from '@livekit/rtc-node';
import type { RelayMediaKind } from '../../media-relay.ts';

export type RtcStats = Awaited<ReturnType<Room['getRtcStats']>>['publisherStats'][number];

/** What one SSRC has brought so far. */
export type Inbound = {
  ssrc: number;
  kind: RelayMediaKind;
  packets: number;
  lost: number;
  repaired: number;
  /** ms */
  jitter: number;
  nacks: number;
  plis: number;
  /** When its last packet came, in ms since 1970; 0 before the first. */
  lastPacketAt: number;
  /**
   * ms that all of what was handed over took from packet to hand-over, and how much that was (samples, or
   * pictures).
   */
  delaySum: number;
  handedOver: number;
};

export function readInbound(stats: readonly RtcStats[]): Inbound[] {
  return stats.flatMap(({ stats: entry }) => {
    if (entry.case !== 'inboundRtp') return [];
    const { stream, received, inbound } = entry.value;
    if (stream === undefined || received === undefined || inbound === undefined) return [];
    const kind = stream.kind === 'video' ? 'video' : 'audio';
    // Of audio, the time in the jitter buffer; of pictures, that and the decoding.
    const delay = kind === 'video' ? inbound.totalProcessingDelay : inbound.jitterBufferDelay;
    return {
      ssrc: stream.ssrc ?? 0,
      kind,
      packets: Number(received.packetsReceived ?? 0),
      lost: Math.max(0, Number(received.packetsLost ?? 0)),
      repaired: Number(inbound.retransmittedPacketsReceived ?? 0),
      jitter: (received.jitter ?? 0) * 1000,
      nacks: inbound.nackCount ?? 0,
      plis: inbound.pliCount ?? 0,
      lastPacketAt: inbound.lastPacketReceivedTimestamp ?? 0,
      delaySum: (delay ?? 0) * 1000,
      handedOver:
        kind === 'video' ? (inbound.framesDecoded ?? 0) : Number(inbound.jitterBufferEmittedCount ?? 0),
    };
  });
}

export type InboundSums = Pick<Inbound, 'packets' | 'lost' | 'repaired' | 'jitter' | 'nacks' | 'plis'>;

/**
 * What came from the vendor's room, measured now and then. Counts of sources that are gone stay in the sums.
 */
export class InboundStats {
  readonly #bySsrc = new Map<number, Inbound>();
  readonly #delays = new Map<RelayMediaKind, number>();

  update(inbound: readonly Inbound[]): void {
    this.#delays.clear();
    for (const entry of inbound) {
      const before = this.#bySsrc.get(entry.ssrc);
      this.#bySsrc.set(entry.ssrc, entry);
      const handedOver = entry.handedOver - (before?.handedOver ?? 0);
      if (handedOver > 0 && entry === this.newest(entry.kind)) {
        this.#delays.set(entry.kind, (entry.delaySum - (before?.delaySum ?? 0)) / handedOver);
      }
    }
  }

  /**
   * ms from packet to hand-over, on average between the last two measurements; `undefined` when nothing was
   * handed over.
   */
  delay(kind: RelayMediaKind): number | undefined {
    return this.#delays.get(kind);
  }

  /** The source that brought the last packet. */
  newest(kind: RelayMediaKind): Inbound | undefined {
    return this.#of(kind).reduce<Inbound | undefined>(
      (newest, entry) => (newest === undefined || entry.lastPacketAt >= newest.lastPacketAt ? entry : newest),
      undefined,
    );
  }

  sums(kind: RelayMediaKind): InboundSums {
    const entries = this.#of(kind);
    const sum = (count: (entry: Inbound) => number): number =>
      entries.reduce((total, entry) => total + count(entry), 0);
    return {
      packets: sum((entry) => entry.packets),
      lost: sum((entry) => entry.lost),
      repaired: sum((entry) => entry.repaired),
      jitter: this.newest(kind)?.jitter ?? 0,
      nacks: sum((entry) => entry.nacks),
      plis: sum((entry) => entry.plis),
    };
  }

  #of(kind: RelayMediaKind): Inbound[] {
    return [...this.#bySsrc.values()].filter((entry) => entry.kind === kind);
  }
}
