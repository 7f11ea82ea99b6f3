import { WebSocket } from 'ws';
import type { Double } from '../double.ts';

/** A raw client of /v1/ws/streaming.chat. */
export class ChatClient {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  readonly #messages: unknown[] = [];
  #waiting: ((message: unknown) => void)[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('message', (data: Buffer) => {
      const message: unknown = JSON.parse(data.toString());
      const waiting = this.#waiting.shift();
      if (waiting) waiting(message);
      else this.#messages.push(message);
    });
  }

  /**
   * With a fresh token, unless the query has one. Rejects with the HTTP status when the upgrade is refused.
   */
  static async open(
    double: Double,
    sessionId: string,
    query: Record<string, string> = {},
  ): Promise<ChatClient> {
    const token = query['session_token'] ?? (await double.token());
    const parameters = new URLSearchParams({ session_id: sessionId, session_token: token, ...query });
    const socket = new WebSocket(
      `${double.url.replace(/^http/, 'ws')}/v1/ws/streaming.chat?${parameters.toString()}`,
    );
    const client = new ChatClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('unexpected-response', (_, response) =>
        reject(new Error(`refused with ${response.statusCode}`)),
      );
      socket.once('error', reject);
    });
    return client;
  }

  next(): Promise<unknown> {
    const message = this.#messages.shift();
    return message === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(message);
  }

  close(): void {
    this.socket.close();
  }
}
