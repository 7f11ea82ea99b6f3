import type { RedisClient } from './connection.ts';
import { unavailable } from './connection.ts';

/** Redis drops nobody's messages silently while this connection lives, so it is asked now and then whether it does. */
const heartbeatInterval = 5_000;

export type Listener<T> = {
  message(message: T): void;
  /** Messages may have been lost: read what there is. */
  gap(): void;
};

type Channel = {
  parse: (payload: string) => unknown;
  listeners: Set<Listener<unknown>>;
  subscribed: Promise<unknown>;
};

/**
 * The subscriptions of a process, over one connection: each channel is subscribed once and each payload parsed once,
 * however many listen. Subscribes again after an outage, and then tells every listener of the gap.
 */
export class Subscriptions {
  readonly #redis: RedisClient;
  readonly #channels = new Map<string, Channel>();
  readonly #heartbeat: NodeJS.Timeout;
  #closed = false;

  /** @param redis a connection for this alone, without automatic resubscription */
  constructor(redis: RedisClient) {
    this.#redis = redis;
    redis.on('message', (channel: string, payload: string) => this.#deliver(channel, payload));
    redis.on('ready', () => void this.#resubscribe());
    this.#heartbeat = setInterval(() => {
      if (redis.status === 'ready') redis.ping().catch(() => {});
    }, heartbeatInterval);
    this.#heartbeat.unref();
  }

  /** Channels subscribed now. */
  get size(): number {
    return this.#channels.size;
  }

  /** Resolves when messages come for certain. All listeners of a channel must want it parsed alike. Call the result to stop. */
  async subscribe<T>(
    name: string,
    parse: (payload: string) => T,
    listener: Listener<T>,
  ): Promise<() => void> {
    let channel = this.#channels.get(name);
    if (!channel) {
      channel = { parse, listeners: new Set(), subscribed: this.#redis.subscribe(name) };
      this.#channels.set(name, channel);
    }
    channel.listeners.add(listener);
    const leave = () => this.#leave(name, channel, listener);
    try {
      await channel.subscribed;
      return leave;
    } catch (error) {
      leave();
      throw unavailable(error);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#heartbeat);
    this.#redis.disconnect();
    for (const channel of this.#channels.values()) for (const listener of channel.listeners) listener.gap();
    this.#channels.clear();
  }

  #deliver(name: string, payload: string): void {
    const channel = this.#channels.get(name);
    if (!channel) return;
    const message = channel.parse(payload);
    for (const listener of channel.listeners) listener.message(message);
  }

  #leave(name: string, channel: Channel, listener: Listener<unknown>): void {
    channel.listeners.delete(listener);
    if (channel.listeners.size > 0 || this.#channels.get(name) !== channel) return;
    this.#channels.delete(name);
    // Without a connection there is no subscription either.
    this.#redis.unsubscribe(name).catch(() => {});
  }

  async #resubscribe(): Promise<void> {
    const channels = [...this.#channels];
    if (channels.length === 0) return;
    const again = this.#redis.subscribe(...channels.map(([name]) => name));
    for (const [, channel] of channels) channel.subscribed = again;
    try {
      await again;
    } catch {
      // The connection broke once more: the next one subscribes.
      return;
    }
    for (const [, channel] of channels) for (const listener of channel.listeners) listener.gap();
  }
}
