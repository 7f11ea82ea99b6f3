import type { Logger } from 'pino';
import type { Metrics } from '../metrics.ts';
import type { ProviderSession } from '../providers/avatar-provider.ts';
import { SessionLostError } from '../providers/provider-errors.ts';
import { now } from '../clock.ts';

export type KeepAliveParts = {
  metrics: Metrics;
  logger: Logger;
  /** The vendor says that the session is gone. */
  lost: (error: Error) => void;
  wake: () => void;
};

/** Keeps a vendor session from being closed while it is needed: a call every `keepAliveMs`. */
export class KeepAlive {
  readonly #parts: KeepAliveParts;
  #session: ProviderSession | undefined;
  #calls = new AbortController();
  #due = Number.POSITIVE_INFINITY;

  constructor(parts: KeepAliveParts) {
    this.#parts = parts;
  }

  attach(session: ProviderSession): void {
    if (this.#session === session) return;
    this.#session = session;
    this.#calls = new AbortController();
    this.#due = now() + session.keepAliveMs;
  }

  detach(): void {
    this.#session = undefined;
    this.#calls.abort();
    this.#due = Number.POSITIVE_INFINITY;
  }

  /** Makes the call if it is due, and returns when the next one is (epoch ms). */
  act(now: number): number {
    if (this.#session && now >= this.#due) {
      this.#due = now + this.#session.keepAliveMs;
      void this.#call(this.#session, this.#calls.signal);
    }
    return this.#due;
  }

  async #call(session: ProviderSession, signal: AbortSignal): Promise<void> {
    const { logger, lost, metrics, wake } = this.#parts;
    try {
      await metrics.vendorCall('keepAlive', () => session.keepAlive(signal));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof SessionLostError) return lost(error);
      logger.warn({ err: error }, 'the vendor session could not be kept alive, trying again soon');
      this.#due = now() + session.keepAliveMs / 4;
      wake();
    }
  }
}
