import { socketClose, type SessionId, type StreamedEvent } from '@avatar-bridge/contracts';
import type { SocketEvent } from '@avatar-bridge/heygen-client';
import type { WebSocket } from 'ws';
import type { Farewell, Listener } from '../events/listeners.ts';

export type ChatConnectionOptions = {
  sessionId: SessionId;
  requestId: string;
  /** Takes one binary frame. Never throws. */
  hear: (frame: Uint8Array) => void;
};

/** A client of `/v1/ws/streaming.chat`: what the user does goes out, texts and sound come in. */
export class ChatConnection implements Listener {
  readonly kind = 'websocket';
  readonly sessionId: SessionId;
  readonly requestId: string;
  /** A token that opened a session is good for as long as the session is. */
  readonly expiresAt = undefined;
  readonly #socket: WebSocket;
  readonly #left = new AbortController();
  #alive = true;

  constructor(socket: WebSocket, { sessionId, requestId, hear }: ChatConnectionOptions) {
    this.sessionId = sessionId;
    this.requestId = requestId;
    this.#socket = socket;
    socket.on('pong', () => (this.#alive = true));
    socket.on('close', () => this.#left.abort());
    socket.on('message', (data, binary) => {
      // v1's clients send nothing else.
      if (binary && data instanceof Buffer) hear(data);
    });
  }

  get left(): AbortSignal {
    return this.#left.signal;
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  flushed(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    // A ping is taken by the network after everything before it.
    this.#socket.ping(undefined, undefined, () => resolve());
    return promise;
  }

  send(event: StreamedEvent): void {
    const told = socketEventOf(event);
    if (told) this.#socket.send(JSON.stringify(told));
  }

  /** Whoever did not answer the last ping is gone. */
  beat(): void {
    if (!this.#alive) return this.#socket.terminate();
    this.#alive = false;
    this.#socket.ping();
  }

  close(why: Farewell): void {
    if (this.left.aborted) return;
    this.#socket.close(socketClose[why], why === 'ended' ? 'session closed' : why);
    this.#left.abort();
  }
}

/** What v1's socket tells of an event; undefined: nothing. */
export function socketEventOf(event: StreamedEvent): SocketEvent | undefined {
  switch (event.type) {
    case 'user.started':
      return { event_type: 'user_start' };
    case 'user.stopped':
      return { event_type: 'user_stop' };
    case 'user.silent':
      return { event_type: 'user_silence', silence_times: event.silenceTimes, count_down: event.countDown };
    default:
      return undefined;
  }
}
