import { CircuitState, circuitBreaker, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import type { Logger } from 'pino';
import { now } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import {
  CancelledError,
  ProviderError,
  RetryableProviderError,
  TerminalProviderError,
} from './provider-errors.ts';

/**
 * Calls in a row that fail before the vendor is taken to be out of order: one session's bad luck is not
 * enough.
 */
const failuresToOpen = 5;
/**
 * ms before the vendor is probed again: doubling, and short enough that nobody waits long once it is back.
 */
const probes = { firstMs: 1_000, longestMs: 10_000 };
/** ms between two sessions that come back, so that they don't meet the vendor's rate limit all at once. */
const spacingMs = 100;
/** ms until those who came while the vendor was probed come again. */
const probingMs = 2_000;
/** ms until a call that was refused is tried again. */
const retryMs = 1_000;
/**
 * ms that a refusal of the key is taken for a passing fault: a restart of the vendor's auth takes less, and a
 * revoked key is told within it.
 */
const refusalPatienceMs = 60_000;

/** What says that the vendor is out of order, and not this session. */
const outOfOrder = new Set<string>(['unavailable', 'timeout', 'network']);

/** Of a call that did not come to ask the vendor. */
const silence = new Error('The vendor was not asked');

export type VendorCircuitParts = {
  /** The provider whose account it is. */
  provider: string;
  metrics: Pick<Metrics, 'vendorCircuit'>;
  logger: Logger;
};

/**
 * A breaker for what sessions ask of one vendor account. When the vendor fails several times in a row, only
 * one of them asks at a time, and the others are told when to come again, one after the other.
 */
export class VendorCircuit {
  readonly #parts: VendorCircuitParts;
  readonly #breaker = circuitBreaker(
    handleWhen((error) => this.#counts(error)),
    // When it is probed is decided here, by a clock that nobody sets.
    { halfOpenAfter: Number.NEGATIVE_INFINITY, breaker: new ConsecutiveBreaker(failuresToOpen) },
  );
  /** Whether the account has worked in this worker. */
  #worked = false;
  /** The first of the refusals since the account last worked. */
  #refusal: { since: number; error: TerminalProviderError } | undefined;
  #lastFailure = '';
  /** Probes that failed since it opened. */
  #failedProbes = 0;
  #probeAt = 0;
  /** When the last one of those who were turned away comes again. */
  #lastPlace = 0;
  #isOpen = false;

  constructor(parts: VendorCircuitParts) {
    this.#parts = parts;
    parts.metrics.vendorCircuit(parts.provider, 'closed');
    this.#breaker.onStateChange((state) => this.#changed(state));
  }

  /**
   * Makes a call that shows whether the vendor works, unless it is known to be out of order. One that
   * resolves with undefined shows nothing.
   *
   * @throws RetryableProviderError `vendor-away` without having called; what the call throws, refusals of the
   * key as bear() says
   */
  async run<T>(call: () => Promise<T>, { wasLive = false }: { wasLive?: boolean }): Promise<T> {
    this.#turnAway();
    const ask = async () => {
      const result = await call();
      if (result === undefined) throw silence;
      return result;
    };
    try {
      return await this.#breaker.execute(() => this.bear(ask, { wasLive }));
    } catch (error) {
      if (error === silence) return undefined as T;
      throw error;
    }
  }

  /**
   * Makes a call with the account's key. That the key is refused may pass where it has worked before: for a
   * while that is no end.
   *
   * @param wasLive whether the session has been live, in whichever worker
   */
  async bear<T>(call: () => Promise<T>, { wasLive = false }: { wasLive?: boolean }): Promise<T> {
    try {
      const result = await call();
      this.#worked = true;
      this.#refusal = undefined;
      return result;
    } catch (error) {
      if (!(error instanceof TerminalProviderError) || error.code !== 'unauthorized') throw error;
      if (!this.#worked && !wasLive) throw error;
      this.#refusal ??= { since: now(), error };
      if (now() - this.#refusal.since >= refusalPatienceMs) throw error;
      throw new RetryableProviderError(error.code, error.message, { cause: error, retryAfter: retryMs });
    }
  }

  #turnAway(): void {
    const { state } = this.#breaker;
    const at = now();
    const isProbed = state === CircuitState.HalfOpen;
    if (state === CircuitState.Closed || (!isProbed && at >= this.#probeAt)) return;
    if (this.#refusal && at - this.#refusal.since >= refusalPatienceMs) throw this.#refusal.error;
    const earliest = isProbed ? at + probingMs : this.#probeAt;
    this.#lastPlace = Math.max(this.#lastPlace + spacingMs * (0.5 + Math.random()), earliest);
    throw new RetryableProviderError(
      'vendor-away',
      `${this.#parts.provider} is out of order, and is asked again until it works. It said: ${this.#lastFailure}`,
      { retryAfter: Math.round(this.#lastPlace - at) },
    );
  }

  #counts(error: unknown): boolean {
    // A probe that was called off says nothing: the next one shall.
    if (error === silence || error instanceof CancelledError)
      return this.#breaker.state === CircuitState.HalfOpen;
    if (!(error instanceof ProviderError)) return false;
    const refused = error.code === 'unauthorized' && this.#refusal !== undefined;
    const counts = refused || (error instanceof RetryableProviderError && outOfOrder.has(error.code));
    if (counts) this.#lastFailure = error.message;
    return counts;
  }

  #changed(state: CircuitState): void {
    const { logger, metrics, provider } = this.#parts;
    switch (state) {
      case CircuitState.Open: {
        const full = Math.min(probes.firstMs * 2 ** this.#failedProbes, probes.longestMs);
        this.#probeAt = now() + full * (0.5 + 0.5 * Math.random());
        this.#failedProbes += 1;
        metrics.vendorCircuit(provider, 'open');
        if (!this.#isOpen)
          logger.error(
            { provider, reason: this.#lastFailure },
            'the vendor is out of order, sessions wait for it',
          );
        this.#isOpen = true;
        return;
      }
      case CircuitState.HalfOpen:
        return metrics.vendorCircuit(provider, 'probing');
      default:
        this.#failedProbes = 0;
        this.#isOpen = false;
        metrics.vendorCircuit(provider, 'closed');
        logger.info({ provider }, 'the vendor works again, sessions come back one after the other');
    }
  }
}
