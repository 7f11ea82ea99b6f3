/** The part of a pino logger that is used. Messages are static; no texts, tokens or token-bearing URLs are logged. */
export type Logger = {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

export type MediaKind = 'audio' | 'video';

/** One payload type of an m-line. */
export type Codec = {
  /** `video/H264`, `video/VP8`, `video/rtx`, `audio/opus`, `audio/red` … */
  mimeType: string;
  payloadType: number;
  /** Hz. */
  clockRate: number;
  channels?: number;
  /** The format parameters as they stand in SDP: `packetization-mode=1;profile-level-id=42e01f`, `apt=108` … */
  fmtp?: string;
};

export type TrackSource = 'camera' | 'microphone' | 'screen' | 'screen-audio' | 'unknown';

export type ParticipantKind = 'standard' | 'ingress' | 'egress' | 'sip' | 'agent' | 'other';

/** What the server tells about somebody's track. A snapshot: a change arrives as a new object. */
export type RemoteTrackInfo = {
  readonly sid: string;
  readonly name: string;
  readonly kind: MediaKind;
  readonly source: TrackSource;
  readonly muted: boolean;
  /** Pixels; 0 for audio, or when the publisher did not say. */
  readonly width: number;
  readonly height: number;
  readonly mimeType: string;
  /** Tracks of one participant with the same stream are played in sync. */
  readonly stream: string;
};

/** Another participant of the room. A snapshot: a change arrives as a new object under the same identity. */
export type RemoteParticipant = {
  readonly sid: string;
  readonly identity: string;
  readonly name: string;
  readonly kind: ParticipantKind;
  readonly attributes: Readonly<Record<string, string>>;
  readonly metadata: string;
  readonly tracks: readonly RemoteTrackInfo[];
};

/** Who speaks, as the server hears it. `level` 0..1. */
export type Speaker = { identity: string; sid: string; level: number; active: boolean };

export type ConnectionQuality = 'poor' | 'good' | 'excellent' | 'lost';

/**
 * Why a participant (this one or another) is no longer in the room.
 * - `client`: it left by itself (for this one: close() was called)
 * - `duplicate-identity`: somebody else joined under the same identity
 * - `room-deleted`, `room-closed`: the room is gone
 * - `participant-removed`: the room's owner threw it out
 * - `server-shutdown`, `migration`, `state-mismatch`: the server wants a new join
 * - `join-failure`: joining did not come about, or the server refused the token when it was to be joined again
 * - `connection-timeout`: the server heard nothing from it any more
 * - `signal-lost`: the socket closed, or the server did not answer pings
 * - `media-lost`: a peer connection failed
 * - `other`: a reason of the server without a name here, see `detail`
 */
export type DisconnectReason =
  | 'client'
  | 'duplicate-identity'
  | 'room-deleted'
  | 'room-closed'
  | 'participant-removed'
  | 'server-shutdown'
  | 'migration'
  | 'state-mismatch'
  | 'join-failure'
  | 'connection-timeout'
  | 'signal-lost'
  | 'media-lost'
  | 'other';

export type RtpParticipantOptions = {
  /** `ws://` or `wss://` (or http/https) address of the LiveKit server. */
  url: string;
  /** A join token. */
  token: string;
  /** Default true; false for participants that only publish. */
  autoSubscribe?: boolean;
  /** The local address ICE binds to. Default: 127.0.0.1 when the host of `url` is a loopback address, otherwise unset. */
  bindAddress?: string;
  /** ms until connect() gives up. Default 10_000. */
  connectTimeout?: number;
  /**
   * Default true: a room that is lost is joined again, as a new participant under the same identity, with the tracks and attributes of
   * before. Whoever joined under that identity meanwhile is thrown out by it. False: the first loss is `disconnected`.
   */
  reconnect?: boolean;
  /** ms from a loss until rejoining is given up. Default 60_000. */
  reconnectTimeout?: number;
  /** Aborts connect(). Not looked at afterwards: use close(). */
  signal?: AbortSignal;
  logger?: Logger;
};

export type PublishOptions = {
  kind: MediaKind;
  name: string;
  source: 'camera' | 'microphone' | 'screen';
  /** Tracks with the same stream are played in sync. */
  stream?: string;
  /** Must be one the server accepts; `payloadType` is the caller's choice (96..127). */
  codec: Codec;
  width?: number;
  height?: number;
  /** bit/s, announced to the server. */
  bitrate?: number;
  /** Audio only: packets may be left out in silence. Default false. */
  dtx?: boolean;
  /** Audio only. Default: `codec.channels === 2`. */
  stereo?: boolean;
  signal?: AbortSignal;
};

export type SendDataOptions = {
  topic?: string;
  /** Default true: ordered and resent until it arrives. */
  reliable?: boolean;
  /** Default: everybody. */
  destinationIdentities?: string[];
};

export type SendTextOptions = {
  topic: string;
  attributes?: Record<string, string>;
  /** Default: a new random id. */
  streamId?: string;
  destinationIdentities?: string[];
};
