import type { OfferedProviders } from '@avatar-bridge/contracts';
import type { SessionStore } from '@avatar-bridge/session-store';

/** ms that an answer of the store is used again. */
const freshForMs = 3_000;

/** What the workers offer, asked of the store every few seconds at most. */
export class Offers {
  readonly #store: Pick<SessionStore, 'offeredProviders'>;
  #answer: Promise<OfferedProviders | undefined> | undefined;
  #askedAt = 0;

  constructor(store: Pick<SessionStore, 'offeredProviders'>) {
    this.#store = store;
  }

  /** Undefined while no worker says anything: then the worker decides that takes the session. */
  get(): Promise<OfferedProviders | undefined> {
    if (this.#answer && performance.now() - this.#askedAt < freshForMs) return this.#answer;
    const answer = this.#store.offeredProviders();
    this.#askedAt = performance.now();
    this.#answer = answer;
    const forget = () => {
      if (this.#answer === answer) this.#answer = undefined;
    };
    // Neither a failure nor the time before the first worker is remembered.
    answer.then((offers) => offers ?? forget(), forget);
    return answer;
  }
}
