import { type DisconnectReason, type Listeners, RtpParticipant } from '@avatar-bridge/livekit-rtp';
import type { RelayOptions } from '../media-relay.ts';
import { JoinedRooms } from '../relay/joined-rooms.ts';
import type { RelayContext, RelayLifecycle } from '../relay/relay-lifecycle.ts';
import { roomError, stageDisconnected } from '../relay/room-error.ts';

export type StageMemberOptions = {
  stage: RelayOptions['stage'];
  context: RelayContext;
  life: RelayLifecycle;
  /** Whether the tracks of others are received. */
  autoSubscribe: boolean;
  listeners: Omit<Listeners, 'reconnecting' | 'reconnected' | 'disconnected' | 'tokenRefreshed'>;
  /** Called after `reconnecting` and `reconnected` were told. */
  onReconnecting?: () => void;
  onReconnected?: () => void;
};

/**
 * Our participant on the stage, for engines that join no other room: tells how the membership is lost and
 * comes back, and ends the relay when it is gone for good.
 */
export class StageMember {
  readonly #options: StageMemberOptions;
  readonly #rooms = new JoinedRooms();
  #participant: RtpParticipant | undefined;
  /** Since when the stage is being joined again; monotonic ms. */
  #lostAt: number | undefined;

  constructor(options: StageMemberOptions) {
    this.#options = options;
    options.context.orphaned?.addEventListener('abort', this.#onOrphaned);
  }

  /** `undefined` before the stage is joined. Its calls wait for the end of an outage. */
  get participant(): RtpParticipant | undefined {
    return this.#participant;
  }

  /** The participant while it is on the stage: `undefined` in an outage, too. */
  get present(): RtpParticipant | undefined {
    return this.#lostAt === undefined ? this.#participant : undefined;
  }

  /** Aborts what is done on the stage when it takes too long to leave it. */
  get signal(): AbortSignal {
    return this.#rooms.signal;
  }

  /** Rejects with a RelayError of side `stage`. */
  async join(): Promise<RtpParticipant> {
    const { stage, context, autoSubscribe, listeners } = this.#options;
    const joining = RtpParticipant.connect({
      ...stage,
      autoSubscribe,
      signal: this.#rooms.signal,
      logger: context.logger,
      listeners: {
        ...listeners,
        reconnecting: ({ reason }) => this.#onReconnecting(reason),
        reconnected: () => this.#onReconnected(),
        disconnected: ({ reason }) => this.#onDisconnected(reason),
        tokenRefreshed: (newest) => context.tokenRefreshed?.(stage.token, newest),
      },
    });
    this.#rooms.add(joining);
    try {
      this.#participant = await joining;
      return this.#participant;
    } catch (error) {
      throw roomError(error, 'stage');
    }
  }

  /** Leaves the stage, also when it is still being joined. Never rejects. */
  async leave(reason: string, cause: Error): Promise<void> {
    const { orphaned, logger } = this.#options.context;
    orphaned?.removeEventListener('abort', this.#onOrphaned);
    await this.#rooms.leave(reason, cause, logger);
  }

  #onReconnecting(reason: DisconnectReason): void {
    const { life, context, onReconnecting } = this.#options;
    context.logger.warn({ side: 'stage', reason }, 'room lost, joining it again');
    this.#lostAt = performance.now();
    life.emit('reconnecting', { side: 'stage', reason });
    onReconnecting?.();
    if (context.orphaned?.aborted) this.#onOrphaned();
  }

  #onReconnected(): void {
    const { life, context, onReconnected } = this.#options;
    const gapMs = Math.round(performance.now() - (this.#lostAt ?? performance.now()));
    this.#lostAt = undefined;
    context.logger.info({ side: 'stage', gapMs }, 'room joined again');
    life.emit('reconnected', { side: 'stage', gapMs });
    onReconnected?.();
  }

  #onDisconnected(reason: DisconnectReason): void {
    const { life, context } = this.#options;
    context.logger.warn({ reason }, 'stage left');
    if (!life.running) {
      life.fail(stageDisconnected(reason));
      return;
    }
    life.emit('stageDisconnected', { reason });
    void life.end('stage-disconnected');
  }

  /** Joining again, this relay would push out the one that may have come in its place. */
  #onOrphaned = (): void => {
    if (this.#lostAt !== undefined) void this.#options.life.end('orphaned');
  };
}
