import { CancelledError } from '../errors.ts';
import type { RelayError } from '../errors.ts';
import type { MediaStats } from '../media-relay.ts';
import type { RelayCall } from './protocol.ts';

type Send = (call: number, request: RelayCall) => void;
type Pending = { request: RelayCall; resolve(value: MediaStats | null): void; reject(error: Error): void };

/** The calls to a relay in a relay host. While it has none they wait, and are sent in their order to the next one. */
export class RemoteCalls {
  readonly #sent = new Map<number, Pending>();
  #waiting: Pending[] = [];
  #send: Send | undefined;
  #lastCall = 0;
  #closed = false;

  call(request: RelayCall): Promise<MediaStats | null> {
    if (this.#closed) return Promise.reject(new CancelledError('the relay is closed'));
    const { promise, resolve, reject } = Promise.withResolvers<MediaStats | null>();
    const pending = { request, resolve, reject };
    if (this.#send === undefined) this.#waiting.push(pending);
    else this.#dispatch(this.#send, pending);
    return promise;
  }

  /** Sends `before`, whose answer nobody waits for, then what has waited. */
  connect(send: Send, before?: RelayCall): void {
    this.#send = send;
    if (before !== undefined) send(++this.#lastCall, before);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const pending of waiting) this.#dispatch(send, pending);
  }

  /** What was sent and not answered may or may not have been done: its callers are told. */
  disconnect(error: RelayError): void {
    this.#send = undefined;
    for (const pending of this.#sent.values()) pending.reject(error);
    this.#sent.clear();
  }

  close(): void {
    this.#closed = true;
    this.disconnect(new CancelledError('the relay was closed'));
    for (const pending of this.#waiting) pending.reject(new CancelledError('the relay was closed'));
    this.#waiting = [];
  }

  /** The call that an answer is for. */
  take(call: number): Omit<Pending, 'request'> | undefined {
    const pending = this.#sent.get(call);
    this.#sent.delete(call);
    return pending;
  }

  #dispatch(send: Send, pending: Pending): void {
    const call = ++this.#lastCall;
    this.#sent.set(call, pending);
    send(call, pending.request);
  }
}
