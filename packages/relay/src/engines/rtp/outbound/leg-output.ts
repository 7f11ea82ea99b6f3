/** The track on the stage, as far as packets are concerned. */
export type LegOutput = {
  readonly ssrc: number;
  readonly payloadType: number;
  /** Hz */
  readonly clockRate: number;
  /** The id of the audio level extension, when the stage's server takes it. */
  readonly audioLevelId?: number | undefined;
  /**
   * A whole RTP or RTCP packet. False: the transport did not take it. The bytes may be used again after the
   * call.
   */
  send(packet: Buffer): boolean;
};
