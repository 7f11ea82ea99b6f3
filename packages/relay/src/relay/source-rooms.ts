import { CancelledError, RetryableError } from '../errors.ts';
import type { RelayMediaKind, RoomSource } from '../media-relay.ts';
import type { JoinedRooms } from './joined-rooms.ts';
import type { RelayEngine, RoomContext, SourceHandlers } from './engine.ts';
import { deaf, SourceLink } from './source-link.ts';
import { SourceSwitch } from './source-switch.ts';
import type { StageTracks } from './stage-tracks.ts';

export type SourceRoomsOptions<T extends { readonly kind: RelayMediaKind }> = {
  engine: Pick<RelayEngine<T>, 'joinSource'>;
  context: RoomContext;
  rooms: JoinedRooms;
  onStage: StageTracks<T>;
  /** Who hears of the source that is carried. */
  handlers: SourceHandlers<T>;
  /** ms that both tracks of another source may take. */
  mediaTimeout: number;
};

/** The vendor room whose avatar is carried, and for a while the one that follows it. */
export class SourceRooms<T extends { readonly kind: RelayMediaKind }> {
  readonly #options: SourceRoomsOptions<T>;
  #current: SourceLink<T> | undefined;
  /** The one that is being switched to. */
  #next: SourceLink<T> | undefined;
  #switch: SourceSwitch<T> | undefined;

  constructor(options: SourceRoomsOptions<T>) {
    this.#options = options;
  }

  /** Whether the room is left for good. */
  get gone(): boolean {
    return this.#current?.gone !== undefined;
  }

  /** Companions of the avatar that have not joined its room yet. */
  get missingCompanions(): string[] {
    return [...(this.#current?.missingCompanions ?? [])];
  }

  /** The avatar's newest track that has not ended. */
  latest(kind: RelayMediaKind): T | undefined {
    return this.#current?.latest.get(kind);
  }

  /** Joins the first room. */
  async join(source: RoomSource): Promise<void> {
    this.#current = this.#link(source, this.#listening());
    await this.#current.joined;
  }

  /**
   * Resolves when both tracks on the stage are those of this room. When it rejects, the former one goes on as
   * if nothing had been.
   */
  async switchTo(source: RoomSource, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) throw cancelledSwitch(signal);
    const former = this.#current;
    if (former === undefined || this.#switch !== undefined)
      throw new RetryableError('switching', 'source: another switch is under way', { side: 'source' });
    const { context, onStage, mediaTimeout } = this.#options;
    const next = this.#link(source, deaf());
    this.#switch = new SourceSwitch({ former, next, onStage, timeout: mediaTimeout });
    this.#next = next;
    const onAbort = (): void => this.cancelSwitch(cancelledSwitch(signal));
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await this.#switch.done;
    } catch (error) {
      context.logger.warn({ err: error }, 'source could not be switched');
      this.#leave(next, 'switch-failed');
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#switch = undefined;
      this.#next = undefined;
    }
    this.#adopt(next, former);
  }

  /** Ends a switch that is under way. */
  cancelSwitch(error: Error): void {
    this.#switch?.fail(error);
  }

  async sendData(payload: string, topic: string | undefined): Promise<void> {
    await this.#current?.sendData(payload, topic);
  }

  everySecond(now: number): void {
    this.#current?.everySecond(now);
    this.#next?.everySecond(now);
  }

  #link(source: RoomSource, handlers: SourceHandlers<T>): SourceLink<T> {
    const { engine, context, rooms } = this.#options;
    const link = new SourceLink(engine, source, handlers, context);
    rooms.add(link.joined);
    return link;
  }

  #listening(): SourceHandlers<T> {
    const { handlers } = this.#options;
    return {
      ...handlers,
      track: (track) => {
        if (this.#switch?.claims(track.kind) !== true) handlers.track(track);
      },
    };
  }

  /** The switch is done: from now on the events of the next source are heard. */
  #adopt(next: SourceLink<T>, former: SourceLink<T>): void {
    const { context, onStage, handlers } = this.#options;
    this.#current = next;
    next.handlers = this.#listening();
    for (const track of former.tracks) onStage.end(track);
    this.#leave(former, 'switched');
    context.logger.info({}, 'source switched');
    handlers.speaking(next.voice.active, next.voice.level);
    if (next.gone !== undefined) handlers.disconnected(next.gone);
  }

  #leave(link: SourceLink<T>, reason: string): void {
    const { context, rooms } = this.#options;
    void link
      .close(reason)
      .catch((error: unknown) => context.logger.warn({ err: error }, 'a source room was not left'))
      .finally(() => rooms.delete(link.joined));
  }
}

function cancelledSwitch(signal: AbortSignal | undefined): CancelledError {
  return new CancelledError('the switch to another source was cancelled', {
    side: 'source',
    cause: signal?.reason,
  });
}
