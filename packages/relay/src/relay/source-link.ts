import type { DisconnectReason } from '@avatar-bridge/livekit-rtp';
import { RetryableError } from '../errors.ts';
import type { RelayMediaKind, RoomSource } from '../media-relay.ts';
import type { RelayEngine, RoomContext, SourceHandlers, SourceRoom } from './engine.ts';

/**
 * One vendor room that a relay joins, with what is known of the avatar in it. Who listens is decided by
 * `handlers`, which can be replaced.
 */
export class SourceLink<T extends { readonly kind: RelayMediaKind }> {
  handlers: SourceHandlers<T>;
  readonly joined: Promise<SourceRoom>;
  /** Companions of the avatar that have not joined yet. */
  readonly missingCompanions: Set<string>;
  /** Every track of the avatar that has not ended. */
  readonly tracks = new Set<T>();
  /** The avatar's newest track of each kind. */
  readonly latest = new Map<RelayMediaKind, T>();
  voice = { active: false, level: 0 };
  /** Why the room is gone; `undefined` while it is there. */
  gone: DisconnectReason | undefined;
  #room: SourceRoom | undefined;

  constructor(
    engine: Pick<RelayEngine<T>, 'joinSource'>,
    options: RoomSource,
    handlers: SourceHandlers<T>,
    context: RoomContext,
  ) {
    this.handlers = handlers;
    this.missingCompanions = new Set(options.companions);
    this.joined = engine.joinSource(options, this.#listening(), context);
    this.joined.then(
      (room) => (this.#room = room),
      () => {},
    );
  }

  async sendData(payload: string, topic: string | undefined): Promise<void> {
    if (this.#room === undefined)
      throw new RetryableError('disconnected', 'source: not connected', { side: 'source' });
    await this.#room.sendData(payload, topic);
  }

  everySecond(now: number): void {
    this.#room?.everySecond(now);
  }

  /** Leaves the room, as soon as it is joined if need be. Nobody hears of it any more. */
  async close(reason: string): Promise<void> {
    this.handlers = deaf();
    await this.joined.then(
      (room) => room.close(reason),
      () => {},
    );
  }

  #listening(): SourceHandlers<T> {
    return {
      participantJoined: (identity) => {
        if (this.missingCompanions.delete(identity)) this.handlers.participantJoined(identity);
      },
      track: (track) => {
        this.tracks.add(track);
        this.latest.set(track.kind, track);
        this.handlers.track(track);
      },
      trackEnded: (track) => {
        this.tracks.delete(track);
        if (this.latest.get(track.kind) === track) this.latest.delete(track.kind);
        this.handlers.trackEnded(track);
      },
      trackMuted: (track, muted) => this.handlers.trackMuted(track, muted),
      reconnecting: (reason) => this.handlers.reconnecting(reason),
      reconnected: () => this.handlers.reconnected(),
      failed: (error) => this.handlers.failed(error),
      data: (data) => this.handlers.data(data),
      speaking: (active, level) => {
        this.voice = { active, level };
        this.handlers.speaking(active, level);
      },
      disconnected: (reason) => {
        this.gone = reason;
        this.handlers.disconnected(reason);
      },
    };
  }
}

/** Listens to nothing. */
export function deaf<T>(): SourceHandlers<T> {
  const ignore = (): void => {};
  return {
    participantJoined: ignore,
    track: ignore,
    trackEnded: ignore,
    trackMuted: ignore,
    failed: ignore,
    data: ignore,
    speaking: ignore,
    reconnecting: ignore,
    reconnected: ignore,
    disconnected: ignore,
  };
}
