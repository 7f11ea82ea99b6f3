/** Packet types and feedback formats: RFC 3550 (12.1), RFC 4585 (6.1-6.3), RFC 5104 (4.3.1), draft-alvestrand-rmcat-remb. */
export const RTCP_SR = 200;
export const RTCP_RR = 201;
export const RTCP_SDES = 202;
export const RTCP_BYE = 203;
export const RTCP_RTPFB = 205;
export const RTCP_PSFB = 206;
export const RTPFB_NACK = 1;
export const PSFB_PLI = 1;
export const PSFB_FIR = 4;
/** Application layer feedback; REMB is its only user here. */
export const PSFB_ALFB = 15;

/** How one source is received (RFC 3550, 6.4.1). */
export type ReportBlock = {
  ssrc: number;
  /** Loss since the last report in 1/256. */
  fractionLost: number;
  /** Signed: duplicates make it negative. */
  cumulativeLost: number;
  /** Highest sequence number, cycles in the upper 16 bits. */
  highestSequence: number;
  /** In timestamp units. */
  jitter: number;
  /** The middle 32 bits of the NTP time of the last sender report; 0 if none came. */
  lastSenderReport: number;
  /** Time since then in 1/65536 s. */
  delaySinceLastSenderReport: number;
};

export type SenderReport = {
  ssrc: number;
  /** Seconds since 1900. */
  ntpSeconds: number;
  /** 1/2^32 s. */
  ntpFraction: number;
  rtpTimestamp: number;
  packetCount: number;
  octetCount: number;
  reports: ReportBlock[];
};

export type RtcpPacket =
  | ({ type: 'sr' } & SenderReport)
  | { type: 'rr'; ssrc: number; reports: ReportBlock[] }
  | { type: 'nack'; senderSsrc: number; mediaSsrc: number; sequenceNumbers: number[] }
  | { type: 'pli'; senderSsrc: number; mediaSsrc: number }
  | { type: 'fir'; senderSsrc: number; mediaSsrc: number; entries: { ssrc: number; sequence: number }[] }
  | { type: 'remb'; senderSsrc: number; bitrate: number; ssrcs: number[] }
  | { type: 'bye'; ssrcs: number[]; reason?: string }
  | { type: 'other'; packetType: number; format: number };
