import type { Socket } from 'node:net';
import {
  DisconnectReason,
  LeaveRequest,
  LeaveRequest_Action,
  Ping,
  SignalRequest,
  SignalResponse,
  type JoinResponse,
} from '@livekit/protocol';
import { WebSocket, type RawData } from 'ws';
import { RetryableError, TerminalError, type LiveKitRtpError } from './errors.ts';
import { Heartbeat } from './heartbeat.ts';

export type ServerMessage = SignalResponse['message'];
export type ClientMessage = Exclude<SignalRequest['message'], { case: undefined }>;

export type SignalCallbacks = {
  /** The server's machine took the connection. Whether the server itself lives is not known before the first message. */
  onReached(): void;
  /** Every message in order, the join response first. */
  onMessage(message: ServerMessage): void;
  /** The socket is gone, or the server is silent. Once, and never after close(). */
  onLost(error: LiveKitRtpError): void;
};

/** How long close() waits for the server. */
const CLOSE_PATIENCE = 1_000;
/** How long a server can be frozen and still reads, when it thaws, that we have left. */
const FAREWELL_PATIENCE = 60_000;
const DEFAULT_PING_INTERVAL = 5;
const DEFAULT_PING_TIMEOUT = 15;
/** What a server asks for beyond that is a mistake: longer timers do not exist, and Node makes 1 ms of them. */
const LONGEST_PING = 3_600;

/** The WebSocket to the server, with its pings. One connection, never reopened. */
export class SignalConnection {
  readonly #socket: WebSocket;
  readonly #callbacks: SignalCallbacks;
  readonly #closed = Promise.withResolvers<void>();
  #heartbeat: Heartbeat | undefined;
  /** Present when there is a TCP connection. */
  #tcp: Socket | undefined;
  #left = false;
  #lost = false;
  #patience: NodeJS.Timeout | undefined;

  constructor(url: URL, token: string, callbacks: SignalCallbacks) {
    this.#callbacks = callbacks;
    this.#socket = new WebSocket(url, {
      headers: { Authorization: `Bearer ${token}` },
      perMessageDeflate: false,
      maxPayload: 16 * 1024 * 1024,
      finishRequest: (request) => {
        request.once('socket', (socket) => {
          if (socket.connecting) socket.once('connect', () => this.#reach(socket));
          else this.#reach(socket);
        });
        request.end();
      },
    });
    this.#socket.on('message', (data) => this.#receive(data));
    this.#socket.on('unexpected-response', (request, response) => {
      request.destroy();
      response.resume();
      this.#lose(refusal(response.statusCode ?? 0));
      this.#socket.terminate();
    });
    this.#socket.on('error', (cause) =>
      this.#lose(new RetryableError('signal-failed', 'the connection to the server failed', { cause })),
    );
    this.#socket.on('close', (code) => {
      clearTimeout(this.#patience);
      this.#closed.resolve();
      this.#lose(new RetryableError('signal-lost', `the server closed the connection with code ${code}`));
    });
  }

  /** Sends a request. Dropped when the socket is not open any more: the loss is reported by `onLost`. */
  send(message: ClientMessage): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(new SignalRequest({ message }).toBinary());
  }

  /** Starts the pings that the join response asks for. */
  startPings(join: Pick<JoinResponse, 'pingInterval' | 'pingTimeout'>): void {
    this.#heartbeat ??= new Heartbeat({
      interval: msOf(join.pingInterval, DEFAULT_PING_INTERVAL),
      timeout: msOf(join.pingTimeout, DEFAULT_PING_TIMEOUT),
      ping: () => this.send({ case: 'pingReq', value: new Ping({ timestamp: BigInt(Date.now()) }) }),
      onDead: () => this.#lose(new RetryableError('signal-lost', 'the server does not answer pings')),
    });
  }

  /** Tells the server that we leave the room; it closes the connection then. */
  leave(): void {
    const value = new LeaveRequest({
      reason: DisconnectReason.CLIENT_INITIATED,
      action: LeaveRequest_Action.DISCONNECT,
    });
    this.send({ case: 'leave', value });
    this.#left = true;
  }

  /**
   * Closes the socket. Resolves when it is closed, or when the server has not answered for 1 s. Idempotent.
   *
   * Who has left, or is about to be taken in, is kept by a server that finds the connection broken before it has read so: for 20 s, or as
   * long as the room lives (livekit-server pkg/rtc/room.go, Join). So the socket is open for a while longer than anybody waits for it.
   */
  close(): Promise<void> {
    this.#lost = true;
    this.#heartbeat?.close();
    const { readyState } = this.#socket;
    if (readyState === WebSocket.CLOSED) this.#closed.resolve();
    else if (readyState === WebSocket.CONNECTING && this.#tcp === undefined) this.#socket.terminate();
    else if (this.#patience === undefined) {
      this.#patience = setTimeout(() => this.#closeLater(), CLOSE_PATIENCE);
      if (readyState === WebSocket.CONNECTING) this.#socket.once('open', () => this.leave());
      else if (!this.#left) this.#socket.close(1000);
    }
    return this.#closed.promise;
  }

  /** The server has not answered. What it has yet to read does not keep the process alive. */
  #closeLater(): void {
    if (this.#socket.readyState === WebSocket.CLOSING) return this.#socket.terminate();
    this.#tcp?.unref();
    this.#patience = setTimeout(() => this.#socket.terminate(), FAREWELL_PATIENCE).unref();
    this.#closed.resolve();
  }

  #reach(tcp: Socket): void {
    this.#tcp = tcp;
    this.#callbacks.onReached();
  }

  #receive(data: RawData): void {
    this.#heartbeat?.alive();
    if (this.#lost) return;
    let message: ServerMessage;
    try {
      message = SignalResponse.fromBinary(bytesOf(data)).message;
    } catch (cause) {
      this.#lose(
        new RetryableError('signal-failed', 'the server sent something that is not a signal response', {
          cause,
        }),
      );
      return;
    }
    this.#callbacks.onMessage(message);
  }

  #lose(error: LiveKitRtpError): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#heartbeat?.close();
    this.#callbacks.onLost(error);
  }
}

function msOf(seconds: number, byDefault: number): number {
  return (seconds > 0 && seconds <= LONGEST_PING ? seconds : byDefault) * 1_000;
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

/** What the HTTP status of a refused upgrade means (livekit-server pkg/service/rtcservice.go). */
function refusal(status: number): LiveKitRtpError {
  const message = `the server refused the join with HTTP status ${status}`;
  if (status === 401) return new TerminalError('unauthorized', message);
  if (status === 403) return new TerminalError('forbidden', message);
  if (status === 404) return new TerminalError('room-not-found', message);
  if (status === 408 || status === 429 || status >= 500)
    return new RetryableError('server-unavailable', message);
  return new TerminalError('rejected', message);
}
