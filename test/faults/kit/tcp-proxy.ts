import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

type Pair = { client: Socket; upstream: Socket };

/** A way over TCP that can be cut, or swallow everything as a partitioned network does. */
export class TcpProxy {
  /** `onBytes` sees what clients send. */
  static async start(target: string, onBytes?: (chunk: Buffer) => void): Promise<TcpProxy> {
    const { hostname, port } = new URL(target);
    const proxy = new TcpProxy({ host: hostname, port: Number(port) }, onBytes);
    await once(proxy.#server, 'listening');
    return proxy;
  }

  #target: { host: string; port: number };
  readonly #onBytes: ((chunk: Buffer) => void) | undefined;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #swallowing = false;

  private constructor(target: { host: string; port: number }, onBytes?: (chunk: Buffer) => void) {
    this.#target = target;
    this.#onBytes = onBytes;
    this.#server = createServer({ noDelay: true }, (client) => this.#connect(client));
    this.#server.listen(0, '127.0.0.1');
  }

  /** The target's URL with the proxy's port in it. */
  through(url: string): string {
    const through = new URL(url);
    through.hostname = '127.0.0.1';
    through.port = String((this.#server.address() as AddressInfo).port);
    return through.href.replace(/\/$/, '');
  }

  /** Nothing arrives any more, and nobody is told: connections stay, and new ones are taken. */
  swallow(): void {
    this.#swallowing = true;
    for (const { client, upstream } of this.#pairs) {
      client.unpipe(upstream);
      upstream.unpipe(client);
      client.pause();
      upstream.pause();
    }
  }

  /** What came before the partition is lost with its connections, as TCP's retries would have given up. */
  heal(): void {
    if (!this.#swallowing) return;
    this.#swallowing = false;
    this.cut();
  }

  /** Leads elsewhere from now on, as a name does after a failover. */
  retarget(target: string): void {
    const { hostname, port } = new URL(target);
    this.#target = { host: hostname, port: Number(port) };
    this.cut();
  }

  /** Resets every connection; new ones are taken. */
  cut(): void {
    for (const { client, upstream } of this.#pairs) {
      client.resetAndDestroy();
      upstream.destroy();
    }
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #connect(client: Socket): void {
    const upstream = connect({ ...this.#target, noDelay: true });
    const pair = { client, upstream };
    this.#pairs.add(pair);
    if (!this.#swallowing) {
      if (this.#onBytes) client.on('data', this.#onBytes);
      client.pipe(upstream);
      upstream.pipe(client);
    }
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
  }
}
