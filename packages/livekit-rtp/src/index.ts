export { CancelledError, LiveKitRtpError, RetryableError, TerminalError } from './errors.ts';
export type { ErrorCode } from './errors.ts';
export type { ReceivedData, ReceivedText, RtpParticipantEvents } from './events.ts';
export type { PublishedTrack } from './published-track.ts';
export { RtpParticipant } from './rtp-participant.ts';
export type { Listeners } from './rtp-participant.ts';
export type { SubscribedTrack } from './subscribed-track.ts';
export type {
  Codec,
  ConnectionQuality,
  DisconnectReason,
  Logger,
  MediaKind,
  ParticipantKind,
  PublishOptions,
  RemoteParticipant,
  RemoteTrackInfo,
  RtpParticipantOptions,
  SendDataOptions,
  SendTextOptions,
  Speaker,
  TrackSource,
} from './types.ts';
export { packetizeH264, splitAnnexB, startsH264KeyFrame } from './rtp/h264.ts';
export {
  buildRtpPacket,
  createRtpHeader,
  findExtension,
  isRtcp,
  parseRtpHeader,
  RTP_HEADER_LENGTH,
  stripHeader,
} from './rtp/header.ts';
export type { RtpFields, RtpHeader } from './rtp/header.ts';
export { ntpMiddle, ntpOf } from './rtp/ntp.ts';
export {
  buildBye,
  buildFir,
  buildNack,
  buildPli,
  buildReceiverReport,
  buildRemb,
  buildSenderReport,
} from './rtp/rtcp-build.ts';
export { forEachRtcp, parseRtcp, readNack } from './rtp/rtcp-parse.ts';
export * from './rtp/rtcp-types.ts';
export { RtpSender } from './rtp/rtp-sender.ts';
export type { RtpSink } from './rtp/rtp-sender.ts';
export { packetizeVp8, startsVp8KeyFrame, vp8DescriptorLength } from './rtp/vp8.ts';
