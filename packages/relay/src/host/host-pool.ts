import type { Logger } from '@avatar-bridge/livekit-rtp';
import type { EngineChoice, HostedEngine, Relay, RelayOptions } from '../media-relay.ts';
import { RelayHost } from './relay-host.ts';
import type { RelayRun, RunListener } from './relay-run.ts';
import { RemoteRelay } from './remote-relay.ts';

export type HostPoolOptions = {
  engine: HostedEngine;
  /** Hosts at most. */
  hosts: number;
  /** A host that has so many gets no more while another one may be forked. */
  relaysPerHost: number;
  /** A host that has started so many in its life gets no more, and ends when the last of them has. */
  relaysPerLife: number;
  /** ms that a host without relays is kept. */
  idleTime: number;
  /** ms that a host carries on when this process is gone without a word. */
  orphanGrace: number;
  logger: Logger;
};

/** The relay hosts of one engine, forked as needed. A relay goes to the host with the fewest. */
export class HostPool {
  readonly #options: HostPoolOptions;
  readonly #hosts = new Map<RelayHost, NodeJS.Timeout | undefined>();
  readonly #relays = new Set<RemoteRelay>();

  constructor(options: HostPoolOptions) {
    this.#options = options;
  }

  get hosts(): RelayHost[] {
    return [...this.#hosts.keys()];
  }

  /** Forks a first host before there is a relay for it: that takes about a second, which a takeover has not. */
  warmUp(): void {
    if (this.#hosts.size === 0) this.#host();
  }

  async start(options: RelayOptions, choice: EngineChoice, signal: AbortSignal | undefined): Promise<Relay> {
    const relay = new RemoteRelay(options, choice, (current, listener) => this.#run(current, listener));
    this.#relays.add(relay);
    void relay.ended.then(() => this.#relays.delete(relay));
    await relay.start(signal);
    return relay;
  }

  async close(reason: string): Promise<void> {
    await Promise.all([
      ...[...this.#relays].map((relay) => relay.close(reason)),
      ...this.hosts.map((host) => host.close(reason)),
    ]);
  }

  #run(options: RelayOptions, listener: RunListener): RelayRun {
    const host = this.#host();
    clearTimeout(this.#hosts.get(host));
    return host.run(options, listener);
  }

  #host(): RelayHost {
    const { engine, hosts, relaysPerHost, relaysPerLife, orphanGrace, logger } = this.#options;
    const open = this.hosts.filter((host) => host.open && host.started < relaysPerLife);
    const least = open.toSorted((a, b) => a.load - b.load)[0];
    if (least !== undefined && (least.load < relaysPerHost || open.length >= hosts)) return least;
    const host = new RelayHost({
      engine,
      orphanGrace,
      logger,
      onIdle: (idle) => this.#onIdle(idle),
      onExit: (gone) => {
        clearTimeout(this.#hosts.get(gone));
        this.#hosts.delete(gone);
      },
    });
    this.#hosts.set(host, undefined);
    return host;
  }

  #onIdle(host: RelayHost): void {
    const { relaysPerLife, idleTime } = this.#options;
    const close = (): void => {
      if (host.load === 0) void host.close('idle');
    };
    if (host.started >= relaysPerLife) close();
    else if (Number.isFinite(idleTime)) this.#hosts.set(host, setTimeout(close, idleTime).unref());
  }
}
