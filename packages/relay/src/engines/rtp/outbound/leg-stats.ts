export type LegStats = {
  packets: number;
  bytes: number;
  /** Of payload only, as sender reports count. */
  octets: number;
  /** Packets the transport did not take. */
  unsent: number;
  /** Packets that came too late to have a number. */
  late: number;
  /**
   * Packets without a picture of the source that were left out: padding, and the blank ones that its server
   * makes up.
   */
  padding: number;
  frames: number;
  keyFrames: number;
  /** Key frames that were sent again while the source was silent. Their packets are counted nowhere else. */
  keyFramesRepeated: number;
  /** Packets that the stage asked for again, and how many of them were still there. */
  nacks: number;
  resent: number;
  /** Key frames that the stage asked for. */
  plis: number;
  /** Changes from one source, or one SSRC, to the next. */
  switches: number;
  /** What the stage's server says that it did not get: fraction 0..1 of late, and in total. */
  stageFractionLost: number;
  stageLost: number;
};

/** All at 0; whoever does what is counted, counts. */
export function createLegStats(): LegStats {
  return {
    packets: 0,
    bytes: 0,
    octets: 0,
    unsent: 0,
    late: 0,
    padding: 0,
    frames: 0,
    keyFrames: 0,
    keyFramesRepeated: 0,
    nacks: 0,
    resent: 0,
    plis: 0,
    switches: 0,
    stageFractionLost: 0,
    stageLost: 0,
  };
}
