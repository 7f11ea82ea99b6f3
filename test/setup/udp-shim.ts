import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';

export type Faults = {
  /** The share of packets that are lost, 0..1, each way. */
  loss: number;
  /** Each packet is late by up to so many ms, each way; so they overtake each other. */
  jitter: number;
};

/** Stands between a server's UDP port and its clients, loses packets and delays them; the same ones for the same seed and traffic. */
export class UdpShim {
  static async open(seed: number): Promise<UdpShim> {
    const shim = new UdpShim(seed);
    shim.#front.bind(0, '127.0.0.1');
    await once(shim.#front, 'listening');
    return shim;
  }

  faults: Faults = { loss: 0, jitter: 0 };
  /** The server's port. */
  serverPort = 0;
  /** Which ports may send to the server: a firewall, where the others find no way. */
  admits: (port: number) => boolean = () => true;
  /** Packets both ways since the start. */
  readonly passed = { packets: 0, lost: 0 };
  /** Packets of clients that were not admitted. */
  refused = 0;
  readonly #random: () => number;
  readonly #front = createSocket('udp4');
  /** By the client's port: the socket that speaks to the server in its place. */
  readonly #clients = new Map<number, Socket>();
  readonly #delayed = new Set<NodeJS.Timeout>();

  private constructor(seed: number) {
    this.#random = randomFrom(seed);
    this.#front.on('message', (packet, client) => this.#onClient(packet, client));
  }

  get port(): number {
    return this.#front.address().port;
  }

  async leave(): Promise<void> {
    for (const timer of this.#delayed) clearTimeout(timer);
    for (const socket of this.#clients.values()) socket.close();
    this.#front.close();
  }

  #onClient(packet: Buffer, { port, address }: RemoteInfo): void {
    if (!this.admits(port)) {
      this.refused++;
      return;
    }
    let back = this.#clients.get(port);
    if (back === undefined) {
      back = createSocket('udp4');
      back.bind(0, '127.0.0.1');
      back.on('message', (answer) => this.#pass(() => this.#front.send(answer, port, address)));
      this.#clients.set(port, back);
    }
    const upstream = back;
    this.#pass(() => upstream.send(packet, this.serverPort, '127.0.0.1'));
  }

  #pass(send: () => void): void {
    const { loss, jitter } = this.faults;
    this.passed.packets++;
    if (this.#random() < loss) {
      this.passed.lost++;
      return;
    }
    const delay = this.#random() * jitter;
    if (delay === 0) return send();
    const timer = setTimeout(() => {
      this.#delayed.delete(timer);
      send();
    }, delay);
    this.#delayed.add(timer);
  }
}

/** mulberry32: 0..1, the same row for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
