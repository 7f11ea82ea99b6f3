import { socketClose, type SessionId, type StreamedEvent } from '@avatar-bridge/contracts';
import type { WebSocket } from 'ws';
import type { Farewell, Listener } from '../events/listeners.ts';

export type SocketListenerOptions = {
  sessionId: SessionId;
  requestId: string;
  expiresAt: number | undefined;
};

/** Frames of one socket that may be worked on at a time; then it is read no further until some are done. */
const maxPending = 64;
/** Bytes that may wait to be read by the other side before its next frames are read. */
const maxUnread = 256 * 1024;

/** A WebSocket that gets a session's events, in whatever form, and is read at the pace at which it can be answered. */
export abstract class SocketListener implements Listener {
  readonly kind = 'websocket';
  readonly sessionId: SessionId;
  readonly requestId: string;
  readonly expiresAt: number | undefined;
  protected readonly socket: WebSocket;
  readonly #left = new AbortController();
  #alive = true;
  #pending = 0;
  #untaken = 0;
  #onFlushed: (() => void)[] = [];

  constructor(socket: WebSocket, { sessionId, requestId, expiresAt }: SocketListenerOptions) {
    this.sessionId = sessionId;
    this.requestId = requestId;
    this.expiresAt = expiresAt;
    this.socket = socket;
    socket.on('pong', () => (this.#alive = true));
    socket.on('close', () => this.#left.abort());
  }

  abstract send(event: StreamedEvent): void;
  /** What the other side is told of why it is sent away. */
  protected abstract farewell(why: Farewell): string;

  get left(): AbortSignal {
    return this.#left.signal;
  }

  get buffered(): number {
    return this.socket.bufferedAmount;
  }

  flushed(): Promise<void> {
    return this.#untaken === 0 ? Promise.resolve() : new Promise((resolve) => this.#onFlushed.push(resolve));
  }

  /** Whoever did not answer the last ping is gone. */
  beat(): void {
    if (!this.#alive) return this.socket.terminate();
    this.#alive = false;
    this.socket.ping();
  }

  close(why: Farewell): void {
    if (this.left.aborted) return;
    this.socket.close(socketClose[why], this.farewell(why));
    this.#left.abort();
  }

  protected write(frame: string): void {
    this.#untaken++;
    this.socket.send(frame, () => {
      if (--this.#untaken === 0) for (const resolve of this.#onFlushed.splice(0)) resolve();
    });
  }

  /** Works on one frame. `work` must not throw. */
  protected async handle(work: () => Promise<void>): Promise<void> {
    if (this.left.aborted) return;
    this.#pending++;
    if (this.#pending >= maxPending) this.socket.pause();
    await work();
    this.#pending--;
    if (this.left.aborted) return;
    // Who sends without reading the answers waits, too.
    if (this.buffered > maxUnread) {
      this.socket.pause();
      await this.flushed();
    }
    if (this.socket.isPaused && this.#pending < maxPending / 2) this.socket.resume();
  }
}
