import type { SessionId, socketClose, StreamedEvent } from '@avatar-bridge/contracts';
import type { Logger } from 'pino';
import type { ListenerKind, Metrics } from '../metrics/metrics.ts';
import { deliver, type DeliveryLimits, type EventSink } from './deliver.ts';

export type Farewell = keyof typeof socketClose;

/** An open connection that gets a session's events. */
export interface Listener extends EventSink {
  readonly kind: ListenerKind;
  readonly sessionId: SessionId;
  readonly requestId: string;
  /** Epoch ms at which its ticket expires, if it came with one. */
  readonly expiresAt: number | undefined;
  /** Aborted when the connection is over, whoever ended it. */
  readonly left: AbortSignal;
  /** Shows the other side that we live, and looks whether it does. */
  beat(): void;
  /** Ends the connection and says why, as far as its protocol can. Idempotent. */
  close(why: Farewell): void;
}

export type ListenersOptions = DeliveryLimits & {
  metrics: Metrics;
  logger: Logger;
  /** ms between heartbeats. */
  heartbeat: number;
};

/** All listeners of the process: one heartbeat, one pace-keeping and one farewell for all of them. */
export class Listeners {
  readonly #open = new Set<Listener>();
  readonly #options: ListenersOptions;
  readonly #timer: NodeJS.Timeout;
  #closed = false;

  constructor(options: ListenersOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#beat(), options.heartbeat);
    this.#timer.unref();
  }

  /** Sends the events until there are no more, or the listener leaves or must be left. Never throws. */
  async serve(listener: Listener, events: AsyncIterable<StreamedEvent>): Promise<void> {
    const { metrics, logger } = this.#options;
    const { kind, sessionId, requestId } = listener;
    this.#open.add(listener);
    metrics.listenerOpened(kind);
    if (this.#closed) listener.close('goingAway');
    try {
      const outcome = await deliver(events, listener, this.#options, () => metrics.eventSent(kind));
      if (outcome === 'ended') listener.close('ended');
      if (outcome === 'slow') {
        metrics.slowReader(kind);
        logger.warn({ kind, sessionId, requestId }, 'slow reader was disconnected');
        listener.close('slowReader');
      }
    } catch (error) {
      logger.error({ err: error, kind, sessionId, requestId }, 'events could not be delivered');
      listener.close('failed');
    } finally {
      this.#open.delete(listener);
      logger.debug({ kind, sessionId, requestId }, 'listener left');
      metrics.listenerClosed(kind);
    }
  }

  /** Asks all of them to come back, to another process. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const listener of this.#open) listener.close('goingAway');
  }

  #beat(): void {
    const now = Date.now();
    for (const listener of this.#open) {
      if (listener.left.aborted) continue;
      if (listener.expiresAt !== undefined && now >= listener.expiresAt) listener.close('ticketExpired');
      else listener.beat();
    }
  }
}
