import { CancelledError } from '../errors.ts';
import type { RelayError } from '../errors.ts';
import type { MediaStats } from '../media-relay.ts';
import type { RelayCall } from './protocol.ts';
import type { RelayRun } from './relay-run.ts';

type Channel = Pick<RelayRun, 'call' | 'cancel'>;
type Pending = {
  request: RelayCall;
  signal: AbortSignal | undefined;
  resolve(value: MediaStats | null): void;
  reject(error: Error): void;
};

/**
 * The calls to a relay in a relay host. While it has none they wait, and are sent in their order to the next
 * one.
 */
export class RemoteCalls {
  readonly #sent = new Map<number, Pending>();
  #waiting: Pending[] = [];
  #channel: Channel | undefined;
  #lastCall = 0;
  #closed = false;

  /** Aborted, it rejects with CancelledError, unless it was done when the relay heard of that. */
  async call(request: RelayCall, signal?: AbortSignal): Promise<MediaStats | null> {
    if (signal?.aborted) throw cancelledCall(signal);
    if (this.#closed) throw new CancelledError('the relay is closed');
    const { promise, resolve, reject } = Promise.withResolvers<MediaStats | null>();
    const pending: Pending = { request, signal, resolve, reject };
    const onAbort = (): void => this.#cancel(pending);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (this.#channel === undefined) this.#waiting.push(pending);
    else this.#dispatch(this.#channel, pending);
    try {
      return await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Sends `before`, whose answer nobody waits for, then what has waited. */
  connect(channel: Channel, before?: RelayCall): void {
    this.#channel = channel;
    if (before !== undefined) channel.call(++this.#lastCall, before);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const pending of waiting) this.#dispatch(channel, pending);
  }

  /** What was sent and not answered may or may not have been done: its callers are told. */
  disconnect(error: RelayError): void {
    this.#channel = undefined;
    for (const pending of this.#sent.values())
      pending.reject(pending.signal?.aborted ? cancelledCall(pending.signal) : error);
    this.#sent.clear();
  }

  close(): void {
    this.#closed = true;
    this.disconnect(new CancelledError('the relay was closed'));
    for (const pending of this.#waiting) pending.reject(new CancelledError('the relay was closed'));
    this.#waiting = [];
  }

  /** The call that an answer is for. */
  take(call: number): Pick<Pending, 'resolve' | 'reject'> | undefined {
    const pending = this.#sent.get(call);
    this.#sent.delete(call);
    return pending;
  }

  #cancel(pending: Pending): void {
    const place = this.#waiting.indexOf(pending);
    if (place >= 0) {
      this.#waiting.splice(place, 1);
      pending.reject(cancelledCall(pending.signal));
      return;
    }
    for (const [call, sent] of this.#sent) if (sent === pending) this.#channel?.cancel(call);
  }

  #dispatch(channel: Channel, pending: Pending): void {
    const call = ++this.#lastCall;
    this.#sent.set(call, pending);
    channel.call(call, pending.request);
  }
}

function cancelledCall(signal: AbortSignal | undefined): CancelledError {
  return new CancelledError('the call was cancelled', { cause: signal?.reason });
}
