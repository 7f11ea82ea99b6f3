import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

export type Rewriting = {
  toClient: (message: Buffer) => Buffer;
  toServer: (message: Buffer) => Buffer;
};

const UNCHANGED: Rewriting = { toClient: (message) => message, toServer: (message) => message };

/** Stands on the signalling between a LiveKit server and its clients: can rewrite messages, and put in some of its own. */
export class SignalProxy {
  static async start(serverUrl: string, rewriting = UNCHANGED): Promise<SignalProxy> {
    const proxy = new SignalProxy(serverUrl, rewriting);
    await once(proxy.#sockets, 'listening');
    return proxy;
  }

  /** The token of each join that came through. */
  readonly tokens: string[] = [];
  readonly #serverUrl: string;
  readonly #rewriting: Rewriting;
  readonly #sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  #newest: { client: WebSocket; upstream: WebSocket } | undefined;

  private constructor(serverUrl: string, rewriting: Rewriting) {
    this.#serverUrl = serverUrl;
    this.#rewriting = rewriting;
    this.#sockets.on('connection', (client, { url = '', headers: { authorization = '' } }) =>
      this.#connect(client, url, authorization),
    );
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#sockets.address() as AddressInfo).port}`;
  }

  /** Sends as the client that came last. */
  sendToServer(message: Uint8Array): void {
    this.#newest?.upstream.send(message);
  }

  /** Sends as the server, to the client that came last. */
  sendToClient(message: Uint8Array): void {
    this.#newest?.client.send(message);
  }

  /** Takes the socket away from the client that came last, without a close frame. */
  cut(): void {
    this.#newest?.client.terminate();
  }

  async leave(): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate();
    this.#sockets.close();
  }

  #connect(client: WebSocket, path: string, authorization: string): void {
    const { toClient, toServer } = this.#rewriting;
    this.tokens.push(authorization.replace('Bearer ', ''));
    const upstream = new WebSocket(`${this.#serverUrl}${path}`, { headers: { authorization } });
    this.#newest = { client, upstream };
    const early: Buffer[] = [];
    client.on('message', (data: Buffer) => {
      const message = toServer(data);
      if (upstream.readyState === WebSocket.OPEN) upstream.send(message);
      else early.push(message);
    });
    upstream.on('open', () => early.forEach((message) => upstream.send(message)));
    upstream.on('message', (data: Buffer) => client.send(toClient(data)));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('close', () => other.close());
      one.on('error', () => other.terminate());
    }
  }
}
