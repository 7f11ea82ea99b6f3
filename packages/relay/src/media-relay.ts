import type { DisconnectReason } from '@avatar-bridge/livekit-rtp';

/**
 * The vendor's room, joined as the vendor's client; `avatarIdentity` is the participant whose tracks are
 * carried.
 */
export type RoomSource = {
  kind: 'room';
  url: string;
  token: string;
  avatarIdentity: string;
  /** Identities of others that must be in the room, too, before `start` or `switchSource` resolves. */
  companions?: string[];
};
/** The avatar joins the stage by itself, as `avatarIdentity`: engine `direct` watches it. */
export type StageSource = { kind: 'stage'; avatarIdentity: string };
/** There is no avatar: the engine `voice` publishes sound that it is given, and a still picture. */
export type VoiceSource = { kind: 'voice' };
/** Where picture and voice come from. */
export type RelaySource = RoomSource | StageSource | VoiceSource;

export type RelayOptions = {
  /** Names the relay in logs and stats: the session's id. */
  id: string;
  source: RelaySource;
  /**
   * The team's room. The token decides the identity, and must allow publishing of tracks and data and
   * updating its own attributes.
   */
  stage: { url: string; token: string };
  /** ms until audio and video must have brought packets. Default 30_000. */
  mediaTimeout?: number;
  /**
   * What the picture is encoded as by an engine that does so. Default: as the vendor has it, when that is
   * H264 or VP8, otherwise H264.
   */
  videoCodec?: 'h264' | 'vp8';
  /**
   * Whether the vendor's server is told to send no picture while nobody on the stage watches it. Only `rtp`
   * can. Default true.
   */
  pauseUnwatched?: boolean;
};

/** Of a relay that carries the avatar out of the vendor's room. */
export type RoomRelayOptions = RelayOptions & { source: RoomSource };

/**
 * What carries the media. `rtp`: packets as they are; `transcode`: decoded and encoded anew, about thirty
 * times as expensive, but over TCP if need be; `direct`: the vendor's avatar joins the stage by itself, and
 * is watched there; `voice`: no avatar, but a voice and a still picture.
 */
export type EngineName = 'rtp' | 'transcode' | 'direct' | 'voice';
/**
 * The kinds of relay hosts. A process has one WebRTC library; `direct` and `voice` run where `rtp` does, with
 * the same one.
 */
export type HostedEngine = 'rtp' | 'transcode';
/**
 * Why this engine: `default`; `asked-for`; `ice-failed`: no UDP gets through to one of the rooms, or did not
 * lately; `unsupported-codec`: the vendor's codec cannot be carried without encoding it anew.
 */
export type EngineReason = 'default' | 'asked-for' | 'ice-failed' | 'unsupported-codec';
export type EngineChoice = { engine: EngineName; reason: EngineReason };

export type RelayMediaKind = 'video' | 'audio';
export type AvatarState = 'initializing' | 'listening' | 'thinking' | 'speaking';
export type Caption = {
  text: string;
  /** Captions with the same id replace each other. */ segmentId: string;
  final: boolean;
};
export type DataOptions = { topic?: string };
export type ReceivedData = { payload: string; topic?: string; participantIdentity?: string };
/** Sound of an utterance: s16le, 24 kHz, mono. `last`: nothing more comes of it. */
export type VoiceChunk = { utteranceId: string; pcm: Uint8Array; last: boolean };

/** Argument lists by event name. */
export type RelayEvents = {
  /** The first event of every relay. */
  engineChosen: [EngineChoice];
  /**
   * The first packet of this kind went to the stage, or with `direct` came from there; `at` in ms since 1970.
   * Once for each kind.
   */
  firstFrame: [{ kind: RelayMediaKind; at: number }];
  /**
   * No packet came for a second, though the track is neither muted nor paused for want of an audience.
   * `sinceMs`: since the last one.
   */
  mediaStalled: [{ kind: RelayMediaKind; sinceMs: number }];
  /** Packets come again after mediaStalled. */
  mediaResumed: [{ kind: RelayMediaKind; gapMs: number }];
  /**
   * Somebody receives the picture on the stage, or nobody does any more, which the stage's server says some
   * seconds late; with `direct`: a viewer is in the room, or none. Comes on changes only, the first as soon
   * as it is known. Not of `transcode`.
   */
  audience: [{ watched: boolean }];
  /**
   * A moderator muted the avatar's track on the stage, or unmuted it: packets still go there, and no further
   * while it is muted. Not of `transcode`, and not with `direct`, where the tracks are the avatar's own.
   */
  stageMuted: [{ kind: RelayMediaKind; muted: boolean }];
  /** A data packet in the vendor's room, from whomever; with `direct`, of the avatar on the stage. */
  data: [ReceivedData];
  /**
   * A data packet on the stage, from anybody else who may send there; `transcode` does not know who that is.
   */
  stageData: [ReceivedData];
  /** The vendor's server began or ceased to name the avatar among the active speakers. `level` 0..1. */
  speaking: [{ active: boolean; level: number }];
  /**
   * A room was lost and is being joined again, for a minute at most: at the source its tracks have ended, on
   * the stage nothing is sent meanwhile. Then `reconnected`, or the room's `…Disconnected`. Not of
   * `transcode`.
   */
  reconnecting: [{ side: 'source' | 'stage'; reason: DisconnectReason }];
  /** The room is joined again; on the stage the tracks have other sids. `gapMs`: since `reconnecting`. */
  reconnected: [{ side: 'source' | 'stage'; gapMs: number }];
  /**
   * The vendor's room is gone for this relay, or with `direct` the avatar left the stage, where it may come
   * back. The stage keeps our participant and the last picture until close().
   */
  sourceDisconnected: [{ reason: DisconnectReason }];
  /**
   * The team's room is gone for this relay; `closed` follows. `duplicate-identity`: another relay has taken
   * the stage over.
   */
  stageDisconnected: [{ reason: DisconnectReason }];
  /**
   * The process that carries the relay is gone, and another one joins both rooms under the same identities.
   * Calls made meanwhile wait for it; those under way reject with RetryableError `host-died`, done or not.
   */
  restarting: [{ reason: string }];
  /**
   * The avatar's audio and video are on the stage again, as a new participant in the old one's place with the
   * avatar's last state. mediaResumed follows with the first packet of a kind that had its firstFrame.
   * `gapMs`: since `restarting`.
   */
  restarted: [{ gapMs: number }];
  /** Of engine `voice`: an utterance began to play. */
  voiceStarted: [{ utteranceId: string }];
  /**
   * Of engine `voice`: all of it was played, or (`complete` false) the rest was dropped by clearVoice() or
   * lost with a host.
   */
  voiceEnded: [{ utteranceId: string; playedMs: number; complete: boolean }];
  /**
   * The relay cannot go on; `closed` follows. `host-died`: also the third restart within a minute did not
   * last.
   */
  failed: [{ code: string; message: string }];
  /** The last event, exactly once. */
  closed: [{ reason: string }];
};

/** Counted since the start. */
export type TrackStats = {
  /** `video/h264`, `video/vp8`, `audio/opus` */
  codec: string;
  /** Sent to the stage, without repeats; bytes with RTP headers. */
  packets: number;
  bytes: number;
  /** Packets from the vendor that never came. */
  lost: number;
  /** Packets from the vendor that came because they were asked for. */
  repaired: number;
  /** ms, of the packets from the vendor. */
  jitter: number;
  /** Packets that the vendor was asked to send again. */
  nacksSent: number;
  /** Packets that the stage asked for again, and those of them that were sent. */
  nacksReceived: number;
  resent: number;
  plisSent: number;
  plisReceived: number;
  keyFrames: number;
  /**
   * Key frames that were sent again for viewers who came while the source was silent. Not among `packets`.
   */
  keyFramesRepeated: number;
  /** Over the last second. */
  framesPerSecond: number;
  /** Times that another source, or another stream of the same one, took over. */
  switches: number;
  /** Packets that were not passed on, by reason. */
  dropped: { duplicates: number; refused: number; late: number; padding: number; unsent: number };
  /** Packets that the stage's server says it did not get. */
  stageLost: number;
  /** ms since the last packet; -1 before the first. */
  sinceLastPacket: number;
  muted: boolean;
  /**
   * ms from a packet's arrival in the process that relays until it was handed to the stage's transport,
   * sampled over some seconds. Only of `rtp`, and `undefined` before the first sample.
   */
  addedLatency?: { p50: number; p99: number };
};

/** What an engine counts of one relay. */
export type MediaStats = {
  id: string;
  /** ms since the start. */
  uptime: number;
  /**
   * ms that the voice goes to the stage later than the picture that belongs to it, lately. `rtp`: that was
   * captured with it, by the source's sender reports; `undefined` until both tracks have one, and while
   * either is muted, paused, stalled or at rest. `transcode`: that came with it, so how much the engine
   * itself adds; known after some seconds.
   */
  skew?: number;
  /** Whether somebody receives the picture on the stage; `undefined` while that is not known. */
  watched?: boolean;
  video?: TrackStats;
  audio?: TrackStats;
};

/** The media's part is counted since the start or the last of the `restarts`. */
export type RelayStats = MediaStats & { engine: EngineName; engineReason: EngineReason; restarts: number };

/**
 * Carries one avatar from the vendor's room to the stage, until `closed`. Calls after that reject with
 * CancelledError. Listeners that are set in the same turn in which `start` resolved miss nothing.
 */
export interface Relay extends AsyncDisposable {
  readonly id: string;
  readonly engine: EngineName;
  on<E extends keyof RelayEvents>(event: E, listener: (...args: RelayEvents[E]) => void): this;
  once<E extends keyof RelayEvents>(event: E, listener: (...args: RelayEvents[E]) => void): this;
  off<E extends keyof RelayEvents>(event: E, listener: (...args: RelayEvents[E]) => void): this;
  /**
   * A reliable data packet in the vendor's room; with `direct` to the avatar on the stage. Not with `voice`.
   */
  sendToSource(payload: string, options?: DataOptions): Promise<void>;
  /** A caption on the stage, as LiveKit's components show them: a text stream on topic `lk.transcription`. */
  caption(caption: Caption): Promise<void>;
  /** The participant attribute `lk.agent.state` on the stage. */
  setAvatarState(state: AvatarState): Promise<void>;
  /** A reliable data packet on the stage. */
  sendToStage(payload: string, options?: DataOptions): Promise<void>;
  /**
   * Carries the avatar of another vendor room from now on, on the same tracks of the stage: joins it, waits
   * for both its tracks, lets them take over at its first key frame, and leaves the former room. Resolves
   * when both have been taken over; also works when the former room is gone. Rejects with TerminalError,
   * RetryableError (`media-timeout` after the relay's `mediaTimeout`; `switching`: another one is under way)
   * or CancelledError (`signal`, or close()), and then the former source goes on, and the new room is left.
   * Events are those of the former room until then, and of the new one afterwards.
   */
  switchSource(source: RoomSource, signal?: AbortSignal): Promise<void>;
  /**
   * Engine `voice` only: appends sound to an utterance. Utterances are played in the order in which their
   * first chunks came; `voiceStarted` and `voiceEnded` tell when. Resolves when the sound is queued. Rejects
   * with TerminalError (`invalid-sound`: half a sample; `engine-not-available`: another engine) or
   * RetryableError (`host-died`).
   */
  playVoice(chunk: VoiceChunk): Promise<void>;
  /**
   * Engine `voice` only: drops what was not played yet, and what still comes of the utterances that were
   * dropped.
   */
  clearVoice(): Promise<void>;
  stats(): Promise<RelayStats>;
  /** Leaves both rooms; resolves after `closed`. Idempotent. */
  close(reason?: string): Promise<void>;
}

/** Carries avatars between rooms. Declared by those who use it; `createMediaRelay` makes one. */
export interface MediaRelay extends AsyncDisposable {
  /**
   * Joins both rooms; resolves when the avatar's audio and video are on the stage and its companions in the
   * vendor's room. Rejects with TerminalError (a token refused, a codec that cannot be carried),
   * RetryableError or CancelledError, and then leaves no participant behind.
   */
  start(options: RelayOptions, signal?: AbortSignal): Promise<Relay>;
  /** Closes every relay and what carries them. Idempotent. */
  close(reason?: string): Promise<void>;
}
