import type { SessionId } from '@avatar-bridge/contracts';
import { CancelledError, FencedError } from '../errors.ts';
import type { Lease } from '../types.ts';

/**
 * What the holder of a lease knows about it; times by `performance.now()`.
 *
 *     held <----> silent          not renewed in time: the lock may run out, and may be had again
 *       |           |
 *       +-----------+--> over     somebody else has it, or Redis was silent for too long
 */
export type LeaseState =
  | { readonly name: 'held'; readonly until: number }
  | { readonly name: 'silent'; readonly since: number }
  | { readonly name: 'over'; readonly why: string };

export type LeaseEvent =
  /** The lock was renewed, or taken again; `asked`: when that was asked for, since Redis counts from later on. */
  { type: 'renewed'; asked: number } | { type: 'lost'; why: string } | { type: 'time'; now: number };

export type LeaseTimes = {
  /** ms that a lease is certain to last after a renewal was asked for: less than its lock. */
  lastingMs: number;
  /** ms of silence after which it is given up. */
  maxSilenceMs: number;
};

/** The state after an event; the same object when nothing changes. */
export function next(state: LeaseState, event: LeaseEvent, times: LeaseTimes): LeaseState {
  if (state.name === 'over') return state;
  switch (event.type) {
    case 'lost':
      return { name: 'over', why: event.why };
    case 'renewed': {
      const until = event.asked + times.lastingMs;
      return state.name === 'held' && until <= state.until ? state : { name: 'held', until };
    }
    case 'time': {
      if (state.name === 'held' && event.now < state.until) return state;
      const since = state.name === 'held' ? state.until : state.since;
      const minutes = Math.round(times.maxSilenceMs / 60_000);
      if (event.now - since >= times.maxSilenceMs)
        return { name: 'over', why: `Redis was silent for ${minutes} minutes` };
      return state.name === 'silent' ? state : { name: 'silent', since };
    }
  }
}

export type HeldLeaseOptions = {
  sessionId: SessionId;
  epoch: number;
  lockDuration: number;
  maxSilenceMs: number;
  /** When the lock was asked for, by `performance.now()`: Redis began to count later. */
  since: number;
};

/**
 * A lease as its holder knows it. It is not acted upon from some time before its lock in Redis can run out, so
 * that two workers never act for a session at the same time, however long Redis is away.
 */
export class HeldLease implements Lease {
  readonly sessionId: SessionId;
  readonly epoch: number;
  /** Aborts when the lease is over or to be handed over. */
  readonly signal: AbortSignal;
  readonly #times: LeaseTimes;
  readonly #fence = new AbortController();
  readonly #handOver = new AbortController();
  #state: LeaseState;
  #watchdog: NodeJS.Timeout | undefined;

  constructor({ sessionId, epoch, lockDuration, maxSilenceMs, since }: HeldLeaseOptions) {
    this.sessionId = sessionId;
    this.epoch = epoch;
    this.signal = AbortSignal.any([this.#fence.signal, this.#handOver.signal]);
    const lastingMs = lockDuration - Math.min(1_000, lockDuration / 5);
    this.#times = { lastingMs, maxSilenceMs };
    this.#state = { name: 'held', until: since + lastingMs };
    this.#watch();
  }

  get fenced(): AbortSignal {
    return this.#fence.signal;
  }

  remaining(): number {
    const { name } = this.#state;
    return name === 'held' ? Math.max(0, this.#state.until - performance.now()) : 0;
  }

  /** @param asked when the renewal was asked for, by `performance.now()` */
  renewed(asked: number): void {
    this.#dispatch({ type: 'renewed', asked });
  }

  /** It is over: stop acting at once. */
  fence(why: string): void {
    this.#dispatch({ type: 'lost', why });
  }

  handOver(reason: string): void {
    this.#handOver.abort(new CancelledError(reason));
  }

  /** Its holder is done with it. */
  release(): void {
    clearTimeout(this.#watchdog);
  }

  #dispatch(event: LeaseEvent): void {
    this.#state = next(this.#state, event, this.#times);
    if (this.#state.name !== 'over') return this.#watch();
    clearTimeout(this.#watchdog);
    this.#fence.abort(new FencedError(this.sessionId, this.epoch, this.#state.why));
  }

  #watch(): void {
    clearTimeout(this.#watchdog);
    if (this.#state.name === 'over') return;
    const { maxSilenceMs } = this.#times;
    const until = this.#state.name === 'held' ? this.#state.until : this.#state.since + maxSilenceMs;
    const onTime = () => this.#dispatch({ type: 'time', now: performance.now() });
    this.#watchdog = setTimeout(onTime, Math.max(1, until - performance.now()));
  }
}
