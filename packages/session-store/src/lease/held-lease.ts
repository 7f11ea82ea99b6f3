import type { SessionId } from '@avatar-bridge/contracts';
import { CancelledError, FencedError } from '../errors.ts';
import type { Lease } from '../types.ts';

/**
 * A lease as its holder knows it: `held -> fenced`. It fences itself some time before its lock in Redis can run out, so that
 * two workers never act for a session at the same time, however long Redis is away.
 */
export class HeldLease implements Lease {
  readonly sessionId: SessionId;
  readonly epoch: number;
  /** Aborts when the lease is over or to be handed over. */
  readonly signal: AbortSignal;
  readonly #lasting: number;
  readonly #fence = new AbortController();
  readonly #handOver = new AbortController();
  #validUntil: number;
  #watchdog: NodeJS.Timeout | undefined;

  /** @param since when the lock was asked for, by `performance.now()`: Redis began to count later */
  constructor(lease: { sessionId: SessionId; epoch: number; lockDuration: number; since: number }) {
    this.sessionId = lease.sessionId;
    this.epoch = lease.epoch;
    this.signal = AbortSignal.any([this.#fence.signal, this.#handOver.signal]);
    this.#lasting = lease.lockDuration - Math.min(1_000, lease.lockDuration / 5);
    this.#validUntil = lease.since + this.#lasting;
    this.#watch();
  }

  get fenced(): AbortSignal {
    return this.#fence.signal;
  }

  remaining(): number {
    return this.fenced.aborted ? 0 : Math.max(0, this.#validUntil - performance.now());
  }

  /** @param since when the renewal was asked for. Too late is too late: somebody may have been told 0 ms already. */
  renewed(since: number): void {
    if (this.remaining() === 0) return;
    this.#validUntil = Math.max(this.#validUntil, since + this.#lasting);
    this.#watch();
  }

  /** It is over: stop acting at once. */
  fence(why: string): void {
    clearTimeout(this.#watchdog);
    this.#fence.abort(new FencedError(this.sessionId, this.epoch, why));
  }

  handOver(reason: string): void {
    this.#handOver.abort(new CancelledError(reason));
  }

  /** Its holder is done with it. */
  release(): void {
    clearTimeout(this.#watchdog);
  }

  #watch(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(
      () => this.fence('it was not renewed in time'),
      Math.max(0, this.#validUntil - performance.now()),
    );
  }
}
