import {
  socketClose,
  type SessionId,
  type SocketResponse,
  type StreamedEvent,
} from '@avatar-bridge/contracts';
import type { WebSocket } from 'ws';
import { eventJson } from '../events/event-json.ts';
import type { Farewell, Listener } from '../events/listeners.ts';

export type SocketConnectionOptions = {
  sessionId: SessionId;
  requestId: string;
  expiresAt: number | undefined;
  /** Answers one request. Never throws. */
  answer: (text: string) => Promise<SocketResponse>;
};

/** Requests of one socket that may wait for their answers; then it is read no further until some have them. */
const maxPending = 64;
/** Bytes of answers that may wait to be read. */
const maxUnread = 256 * 1024;

const farewells: Record<Farewell, string> = {
  ended: 'the session has ended',
  goingAway: 'going away: come back with ?after= the last id',
  refused: 'send text frames only',
  ticketExpired: 'the ticket has expired: come back with a new one',
  slowReader: 'too slow: come back with ?after= the last id',
  failed: 'failed: come back with ?after= the last id',
};

/** A session's WebSocket: events out, requests in, each answered by its own id. */
export class SocketConnection implements Listener {
  readonly kind = 'websocket';
  readonly sessionId: SessionId;
  readonly requestId: string;
  readonly expiresAt: number | undefined;
  readonly #answer: SocketConnectionOptions['answer'];
  readonly #socket: WebSocket;
  readonly #left = new AbortController();
  #alive = true;
  #pending = 0;
  #untaken = 0;
  #onFlushed: (() => void)[] = [];

  constructor(socket: WebSocket, { sessionId, requestId, expiresAt, answer }: SocketConnectionOptions) {
    this.sessionId = sessionId;
    this.requestId = requestId;
    this.expiresAt = expiresAt;
    this.#answer = answer;
    this.#socket = socket;
    socket.on('pong', () => (this.#alive = true));
    socket.on('close', () => this.#left.abort());
    socket.on('message', (data, binary) => {
      if (binary) this.close('refused');
      else void this.#receive((data as Buffer).toString());
    });
  }

  get left(): AbortSignal {
    return this.#left.signal;
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  flushed(): Promise<void> {
    return this.#untaken === 0 ? Promise.resolve() : new Promise((resolve) => this.#onFlushed.push(resolve));
  }

  send(event: StreamedEvent): void {
    this.#write(`{"type":"event","event":${eventJson(event)}}`);
  }

  /** Whoever did not answer the last ping is gone. */
  beat(): void {
    if (!this.#alive) return this.#socket.terminate();
    this.#alive = false;
    this.#socket.ping();
  }

  close(why: Farewell): void {
    if (this.left.aborted) return;
    this.#socket.close(socketClose[why], farewells[why]);
    this.#left.abort();
  }

  async #receive(text: string): Promise<void> {
    if (this.left.aborted) return;
    this.#pending++;
    if (this.#pending >= maxPending) this.#socket.pause();
    const answer = await this.#answer(text);
    this.#pending--;
    if (this.left.aborted) return;
    this.#write(JSON.stringify(answer));
    // Who sends without reading the answers waits, too.
    if (this.buffered > maxUnread) {
      this.#socket.pause();
      await this.flushed();
    }
    if (this.#socket.isPaused && this.#pending < maxPending / 2) this.#socket.resume();
  }

  #write(frame: string): void {
    this.#untaken++;
    this.#socket.send(frame, () => {
      if (--this.#untaken === 0) for (const resolve of this.#onFlushed.splice(0)) resolve();
    });
  }
}
