import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { SessionId, StreamedEvent } from '@avatar-bridge/contracts';
import { eventJson } from './event-json.ts';
import type { Farewell, Listener } from './listeners.ts';

export type EventStreamOptions = { sessionId: SessionId; requestId: string; expiresAt: number | undefined };

/**
 * Server-sent events on a response of Node's: written directly, because web streams cost several times as much for each event
 * and hide how much waits.
 */
export class EventStream implements Listener {
  readonly kind = 'sse';
  readonly sessionId: SessionId;
  readonly requestId: string;
  readonly expiresAt: number | undefined;
  readonly #response: ServerResponse;
  readonly #left = new AbortController();

  constructor(response: ServerResponse, { sessionId, requestId, expiresAt }: EventStreamOptions) {
    this.sessionId = sessionId;
    this.requestId = requestId;
    this.expiresAt = expiresAt;
    this.#response = response;
    response.once('close', () => this.#left.abort());
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Proxies such as nginx hold events back without this.
      'x-accel-buffering': 'no',
      'x-request-id': requestId,
    });
    response.write('retry: 1000\n\n');
  }

  get left(): AbortSignal {
    return this.#left.signal;
  }

  get buffered(): number {
    return this.#response.writableLength;
  }

  async flushed(): Promise<void> {
    if (this.#response.writableNeedDrain) await once(this.#response, 'drain', { signal: this.left });
  }

  send(event: StreamedEvent): void {
    this.#response.write(`id: ${event.id}\nevent: ${event.type}\ndata: ${eventJson(event)}\n\n`);
  }

  beat(): void {
    if (this.buffered === 0) this.#response.write(': beat\n\n');
  }

  close(why: Farewell): void {
    if (this.left.aborted) return;
    // A slow reader has no room left for a farewell.
    if (why === 'slowReader') this.#response.destroy();
    else this.#response.end(`: ${why}\n\n`);
    this.#left.abort();
  }
}
