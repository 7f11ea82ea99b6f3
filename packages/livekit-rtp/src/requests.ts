import type { RequestResponse } from '@livekit/protocol';
import { unlessAborted } from './deadline.ts';

/** What is asked of the server under a number, and answered under the same. */
export class Requests {
  readonly #open = new Map<number, (response: RequestResponse) => void>();
  #last = 0;

  /** `send` is called with the number. Resolves with the answer, whatever it says; rejects with the reason of `signal`. */
  async ask(send: (requestId: number) => void, signal: AbortSignal): Promise<RequestResponse> {
    const requestId = ++this.#last;
    const { promise, resolve } = Promise.withResolvers<RequestResponse>();
    this.#open.set(requestId, resolve);
    try {
      send(requestId);
      return await unlessAborted(promise, signal);
    } finally {
      this.#open.delete(requestId);
    }
  }

  /** Answers that nobody waits for any more are ignored. */
  onResponse(response: RequestResponse): void {
    this.#open.get(response.requestId)?.(response);
  }
}
