import type { DisconnectReason, Logger } from '@avatar-bridge/livekit-rtp';
import type {
  AvatarState,
  Caption,
  ReceivedData,
  RelayMediaKind,
  RoomRelayOptions,
  RoomSource,
  TrackStats,
} from '../media-relay.ts';
import type { TokenRefreshed } from './relay-lifecycle.ts';
import type { StallEvent } from './stall-watch.ts';

/** What happens in the vendor's room. */
export type SourceHandlers<T> = {
  /** Somebody joined the room, or was there already. */
  participantJoined(identity: string): void;
  /** The avatar has a track, the first or another one of its kind. */
  track(track: T): void;
  trackEnded(track: T): void;
  trackMuted(track: T, muted: boolean): void;
  failed(error: unknown): void;
  data(data: ReceivedData): void;
  /** May come again with the same `active`. `level` 0..1. */
  speaking(active: boolean, level: number): void;
  /** The room is being joined again; its tracks have ended, and come anew. */
  reconnecting(reason: DisconnectReason): void;
  reconnected(): void;
  disconnected(reason: DisconnectReason): void;
};

export type StageHandlers = {
  /** The room is being joined again; our tracks are in it again with `reconnected`. */
  reconnecting(reason: DisconnectReason): void;
  reconnected(): void;
  disconnected(reason: DisconnectReason): void;
  /** A track of ours is no longer in the room. */
  trackRemoved(): void;
  /** A moderator muted or unmuted a track of ours. */
  muted(kind: RelayMediaKind, muted: boolean): void;
  data(data: ReceivedData): void;
  /**
   * Whether anybody in the room receives the picture. May come again with the same value; never from servers
   * or clients that cannot tell.
   */
  audience(watched: boolean): void;
};

/** The vendor's room, joined to receive the avatar. */
export interface SourceRoom {
  sendData(payload: string, topic: string | undefined): Promise<void>;
  everySecond(now: number): void;
  close(reason: string): Promise<void>;
}

export type PublishHooks = {
  signal: AbortSignal;
  /** The first packet was sent; monotonic ms. */
  firstPacket: (now: number) => void;
  failed: (error: unknown) => void;
};

/** The team's room, joined as the avatar. */
export interface StageRoom<T> {
  /**
   * Puts a track on the stage as the source has it. `undefined`: it ended before there was anything to put
   * there.
   */
  publish(track: T, hooks: PublishHooks): Promise<StageTrack<T> | undefined>;
  /**
   * ms that the voice goes there later than the picture that belongs to it; `undefined` while that is not
   * known.
   */
  skew(): number | undefined;
  caption(caption: Caption): Promise<void>;
  setState(state: AvatarState): Promise<void>;
  /** Answers a roll call, with attributes. */
  answer(attributes: Record<string, string>): Promise<void>;
  sendData(payload: string, topic: string | undefined): Promise<void>;
  close(reason: string): Promise<void>;
}

/** A track on the stage with the source tracks that feed it, one after the other. Times are monotonic ms. */
export interface StageTrack<T> {
  /** When a packet of the source last came; -1 before the first. */
  readonly lastPacketAt: number;
  readonly muted: boolean;
  /**
   * The source track takes over as soon as it can, and the former one goes on until then; `taken` is called
   * when it has. Throws a RelayError when it cannot be carried.
   */
  feed(track: T, taken?: () => void): void;
  end(track: T): void;
  setMuted(track: T, muted: boolean): void;
  /** Audio only: how loud the vendor's server says that the avatar is. */
  setLevel(active: boolean, level: number): void;
  /**
   * Whether the source shall send; it does at first. Of no effect on tracks that have not brought anything
   * yet, or cannot be paused.
   */
  setWanted(wanted: boolean): void;
  /** Call it a few times a second. */
  check(now: number): StallEvent | undefined;
  everySecond(now: number): void;
  stats(): TrackStats | Promise<TrackStats>;
  close(): void;
}

export type RoomContext = {
  signal: AbortSignal;
  logger: Logger;
  /**
   * The server has sent a newer token in place of the one that the room was joined with. May come again, and
   * before the join is through.
   */
  tokenRefreshed: TokenRefreshed;
};

/**
 * A way to carry one avatar; made anew for each relay. A second source may be joined beside the first. `T` is
 * a track of the avatar in the vendor's room.
 */
export interface RelayEngine<T extends { readonly kind: RelayMediaKind }> {
  joinSource(options: RoomSource, handlers: SourceHandlers<T>, context: RoomContext): Promise<SourceRoom>;
  joinStage(options: RoomRelayOptions, handlers: StageHandlers, context: RoomContext): Promise<StageRoom<T>>;
}
