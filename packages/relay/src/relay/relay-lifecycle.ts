import type { Logger } from '@avatar-bridge/livekit-rtp';
import { CancelledError, RelayError, RetryableError } from '../errors.ts';
import type { RelayEvents } from '../media-relay.ts';

export type RelayEmit = <E extends keyof RelayEvents>(event: E, ...args: RelayEvents[E]) => void;
/** `given`: the token that a room was joined with; `newest`: what another join of it is to be made with. */
export type TokenRefreshed = (given: string, newest: string) => void;
/** `orphaned` aborts when nobody commands the relay any more: it carries on, but joins no room again. */
export type RelayContext = {
  emit: RelayEmit;
  logger: Logger;
  tokenRefreshed?: TokenRefreshed;
  signal?: AbortSignal;
  orphaned?: AbortSignal;
};

/**
 * starting -> running -> closed. While a relay starts, whatever goes wrong rejects `start`; afterwards it is
 * told by events, of which `closed` is the last.
 */
export class RelayLifecycle {
  readonly #context: RelayContext;
  readonly #release: (reason: string, cause: CancelledError) => Promise<void>;
  readonly #started = Promise.withResolvers<void>();
  #running = false;
  #closing: Promise<void> | undefined;

  /** `release` lets go of everything the relay has, once; it does not reject. */
  constructor(context: RelayContext, release: (reason: string, cause: CancelledError) => Promise<void>) {
    this.#context = context;
    this.#release = release;
    this.#started.promise.catch(() => {});
  }

  get running(): boolean {
    return this.#running;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  emit: RelayEmit = (event, ...args) => {
    if (this.#closing === undefined || event === 'closed') this.#context.emit(event, ...args);
  };

  /** Resolves with `ready`. When it rejects, everything has been let go of. */
  async start(join: () => Promise<void>): Promise<void> {
    const { signal } = this.#context;
    const onAbort = (): void => this.#started.reject(cancelledStart(signal));
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      void join().catch((error: unknown) => this.#started.reject(error));
      await this.#started.promise;
      this.#running = true;
    } catch (error) {
      await this.end('start-failed');
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  ready(): void {
    this.#started.resolve();
  }

  /** The relay cannot go on. */
  fail(error: unknown): void {
    const reason =
      error instanceof RelayError ? error : new RetryableError('failed', 'the relay broke', { cause: error });
    if (!this.#running) {
      this.#started.reject(reason);
      return;
    }
    if (this.#closing !== undefined) return;
    this.#context.logger.error({ code: reason.code, err: reason }, 'relay failed');
    this.emit('failed', { code: reason.code, message: reason.message });
    void this.end(reason.code);
  }

  /** Resolves after `closed`. Idempotent. */
  end(reason: string): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  async #close(reason: string): Promise<void> {
    const cancelled = new CancelledError('the relay was closed');
    this.#started.reject(cancelled);
    await this.#release(reason, cancelled);
    this.#context.logger.info({ reason }, 'relay closed');
    if (this.#running) this.emit('closed', { reason });
  }
}

export function cancelledStart(signal: AbortSignal | undefined): CancelledError {
  return new CancelledError('the start of the relay was cancelled', { cause: signal?.reason });
}
