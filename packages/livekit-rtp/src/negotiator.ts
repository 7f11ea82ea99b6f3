import { RetryableError } from './errors.ts';

export type NegotiatorPeer = { createOffer(): string; acceptAnswer(sdp: string): void; rollBack(): void };

type OpenOffer = { id: number; resolve(answer: string): void; reject(error: Error): void };

/** ms until the server must have answered an offer. */
const ANSWER_TIMEOUT = 10_000;

/**
 * Offers one at a time. A change made while an offer is open goes into the next one; callers that ask meanwhile share that one.
 */
export class Negotiator {
  readonly #peer: NegotiatorPeer;
  readonly #sendOffer: (sdp: string, id: number) => void;
  #current: Promise<unknown> = Promise.resolve();
  #next: Promise<string> | undefined;
  #open: OpenOffer | undefined;
  #lastId = 0;
  #closedBy: Error | undefined;

  constructor(peer: NegotiatorPeer, sendOffer: (sdp: string, id: number) => void) {
    this.#peer = peer;
    this.#sendOffer = sendOffer;
  }

  /** Resolves with the answer to an offer that was made after this call. */
  negotiate(): Promise<string> {
    this.#next ??= this.#current.then(() => {
      this.#next = undefined;
      const exchange = this.#exchange();
      this.#current = exchange.catch(() => undefined);
      return exchange;
    });
    return this.#next;
  }

  /** An answer from the server. Answers to other offers than the open one are ignored; an id of 0 means the server does not number them. */
  onAnswer(sdp: string, id: number): void {
    const open = this.#open;
    if (open === undefined || (id !== 0 && id !== open.id)) return;
    try {
      this.#peer.acceptAnswer(sdp);
      open.resolve(sdp);
    } catch (cause) {
      open.reject(new RetryableError('ice-failed', 'the answer of the server was refused', { cause }));
    }
  }

  /** Fails the open offer and all that wait. */
  close(error: Error): void {
    this.#closedBy = error;
    this.#open?.reject(error);
  }

  async #exchange(): Promise<string> {
    if (this.#closedBy !== undefined) throw this.#closedBy;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const id = ++this.#lastId;
    const timer = setTimeout(
      () => reject(new RetryableError('timeout', 'the server did not answer an offer')),
      ANSWER_TIMEOUT,
    );
    this.#open = { id, resolve, reject };
    try {
      this.#sendOffer(this.#peer.createOffer(), id);
      return await promise;
    } catch (error) {
      if (this.#closedBy === undefined) this.#peer.rollBack();
      throw error;
    } finally {
      clearTimeout(timer);
      this.#open = undefined;
    }
  }
}
