import type {
  ConnectionQuality,
  DisconnectReason,
  RemoteParticipant,
  RemoteTrackInfo,
  Speaker,
} from './types.ts';
import type { PublishedTrack } from './published-track.ts';
import type { SubscribedTrack } from './subscribed-track.ts';

export type ReceivedData = {
  payload: Buffer;
  topic?: string;
  participantIdentity?: string;
  reliable: boolean;
};

export type ReceivedText = {
  text: string;
  topic: string;
  attributes: Record<string, string>;
  streamId: string;
  participantIdentity?: string;
};

/** Argument lists by event name. */
export type RtpParticipantEvents = {
  /** Exactly once, and terminal for this participant: everything is closed by then. */
  disconnected: [{ reason: DisconnectReason; detail?: string }];
  /** The room was lost, and the participant tries to join it again. Once per outage; `reconnected` or `disconnected` follows. */
  reconnecting: [{ reason: DisconnectReason; detail?: string }];
  /** In the room again, under another `sid`: our tracks are published and our attributes set. */
  reconnected: [];
  /** The server has sent a newer join token, as `token` has it from now on. The first comes right after a join, perhaps before `connect` resolves. */
  tokenRefreshed: [string];
  participantJoined: [RemoteParticipant];
  /** The reason is `other` for those who were gone when we came back from an outage. */
  participantLeft: [RemoteParticipant, DisconnectReason];
  /** Attributes, metadata or name changed. */
  participantUpdated: [RemoteParticipant];
  trackPublished: [RemoteTrackInfo, RemoteParticipant];
  trackUnpublished: [RemoteTrackInfo, RemoteParticipant];
  /** Set `onPacket` in the listener: packets before that are dropped. */
  trackSubscribed: [SubscribedTrack];
  trackUnsubscribed: [SubscribedTrack];
  trackMuted: [RemoteTrackInfo, RemoteParticipant, boolean];
  data: [ReceivedData];
  /** A text stream, when it is complete. */
  textStream: [ReceivedText];
  /** The changed speakers only. */
  speakers: [Speaker[]];
  /** How the server sees the connection of a participant, ourselves included. */
  connectionQuality: [{ identity: string; sid: string; quality: ConnectionQuality }];
  /** A moderator muted or unmuted one of our tracks. Nothing stops us from sending on; the server forwards nothing while muted. */
  localTrackMuted: [PublishedTrack, boolean];
  /** The server took one of our tracks out of the room; it is closed. */
  localTrackUnpublished: [PublishedTrack];
  /** The server's hint whether anybody watches one of our tracks (dynacast). */
  audience: [{ trackSid: string; watched: boolean }];
};
