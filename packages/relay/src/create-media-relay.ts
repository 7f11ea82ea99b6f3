import { availableParallelism } from 'node:os';
import type { Logger } from '@avatar-bridge/livekit-rtp';
import { BlockedUdp } from './blocked-udp.ts';
import { CancelledError, RelayError, RetryableError, TerminalError } from './errors.ts';
import { comesFrom } from './relay-source.ts';
import { HostPool } from './host/host-pool.ts';
import type {
  EngineChoice,
  EngineReason,
  HostedEngine,
  MediaRelay,
  Relay,
  RelayOptions,
  RoomRelayOptions,
} from './media-relay.ts';

const ORPHAN_GRACE = 15_000;
/**
 * A relay that transcodes takes a third of a core, and LiveKit's client tells every event of a process to
 * every room in it.
 */
const TRANSCODES_PER_HOST = 4;
/** LiveKit's client leaks a little with every connection, so its hosts are replaced. */
const TRANSCODES_PER_LIFE = 20;
/** ms. An idle one keeps 150 MB. */
const TRANSCODE_IDLE = 60_000;

export type MediaRelayOptions = {
  /**
   * What carries media out of a vendor's room. `auto` (the default): `rtp`; and `transcode` for what `rtp`
   * cannot carry, or cannot reach because UDP does not get through.
   */
  engine?: 'auto' | HostedEngine;
  /**
   * Relay hosts of an engine at most. Default for `rtp`: the number of cores - 1, at least 1; for
   * `transcode`: as many as are needed.
   */
  hosts?: number;
  /** ms that a host carries on when this process is gone without a word. Default 15_000. */
  orphanGrace?: number;
  logger?: Logger;
};

const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * Relays in relay hosts: child processes, forked as needed, since both native WebRTC libraries break in
 * worker threads.
 */
export function createMediaRelay(options: MediaRelayOptions = {}): HostedMediaRelay {
  return new HostedMediaRelay(options);
}

export class HostedMediaRelay implements MediaRelay {
  readonly #engine: 'auto' | HostedEngine;
  readonly #logger: Logger;
  readonly #pools: Record<HostedEngine, HostPool>;
  readonly #blocked = new BlockedUdp();
  #closed = false;

  constructor(options: MediaRelayOptions) {
    const { hosts, orphanGrace = ORPHAN_GRACE, logger = SILENT } = options;
    this.#engine = options.engine ?? 'auto';
    this.#logger = logger;
    this.#pools = {
      rtp: new HostPool({
        engine: 'rtp',
        hosts: hosts ?? Math.max(1, availableParallelism() - 1),
        relaysPerHost: 1,
        relaysPerLife: Number.POSITIVE_INFINITY,
        idleTime: Number.POSITIVE_INFINITY,
        orphanGrace,
        logger,
      }),
      transcode: new HostPool({
        engine: 'transcode',
        hosts: hosts ?? Number.POSITIVE_INFINITY,
        relaysPerHost: TRANSCODES_PER_HOST,
        relaysPerLife: TRANSCODES_PER_LIFE,
        idleTime: TRANSCODE_IDLE,
        orphanGrace,
        logger,
      }),
    };
  }

  /** The hosts that run now. */
  get hosts(): { pid: number | undefined; engine: HostedEngine; relays: number }[] {
    return Object.values(this.#pools).flatMap(({ hosts }) =>
      hosts.map(({ pid, engine, load }) => ({ pid, engine, relays: load })),
    );
  }

  /** Has a host of the cheapest engine ready for the first relay. */
  warmUp(): void {
    this.#pools[this.#engine === 'transcode' ? 'transcode' : 'rtp'].warmUp();
  }

  async start(options: RelayOptions, signal?: AbortSignal): Promise<Relay> {
    if (comesFrom('stage', options))
      return this.#start(options, { engine: 'direct', reason: 'default' }, signal);
    if (comesFrom('voice', options))
      return this.#start(options, { engine: 'voice', reason: 'default' }, signal);
    if (!comesFrom('room', options))
      throw new TerminalError('engine-not-available', 'there is no engine for this source');
    if (this.#engine === 'auto') return this.#startAny(options, signal);
    return this.#start(options, { engine: this.#engine, reason: 'asked-for' }, signal);
  }

  async close(reason = 'closed'): Promise<void> {
    this.#closed = true;
    await Promise.all(Object.values(this.#pools).map((pool) => pool.close(reason)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #startAny(options: RoomRelayOptions, signal: AbortSignal | undefined): Promise<Relay> {
    const servers = [options.source.url, options.stage.url];
    if (servers.some((url) => this.#blocked.avoid(url, performance.now())))
      return this.#startWithoutUdp(options, signal);
    try {
      const relay = await this.#start(options, { engine: 'rtp', reason: 'default' }, signal);
      const gone = servers.map((url) => this.#blocked.reached(url));
      relay.on('closed', () => gone.forEach((tell) => tell()));
      return relay;
    } catch (error) {
      const reason = reasonToTranscode(error);
      if (reason === undefined || signal?.aborted) throw error;
      this.#logger.warn(
        { relayId: options.id, reason, err: error },
        'packets cannot be relayed as they are: transcoding',
      );
      if (reason !== 'ice-failed') return this.#start(options, { engine: 'transcode', reason }, signal);
      const relay = await this.#startWithoutUdp(options, signal);
      if (error instanceof RelayError && error.side !== undefined)
        this.#blocked.missed(options[error.side].url, performance.now());
      return relay;
    }
  }

  async #startWithoutUdp(options: RoomRelayOptions, signal: AbortSignal | undefined): Promise<Relay> {
    try {
      return await this.#start(options, { engine: 'transcode', reason: 'ice-failed' }, signal);
    } catch (error) {
      if (!(error instanceof RelayError) || error.code !== 'ice-failed') throw error;
      const { side = 'source' } = error;
      const message = `${side}: UDP to the LiveKit server is blocked, and its TCP port for media cannot be reached either`;
      throw new RetryableError('ice-failed', message, { side, cause: error });
    }
  }

  async #start(options: RelayOptions, choice: EngineChoice, signal: AbortSignal | undefined): Promise<Relay> {
    if (this.#closed) throw new CancelledError('the media relay is closed');
    if (signal?.aborted)
      throw new CancelledError('the start of the relay was cancelled', { cause: signal.reason });
    const pool = this.#pools[choice.engine === 'transcode' ? 'transcode' : 'rtp'];
    return pool.start(options, choice, signal);
  }
}

/** Whether another engine may do what `rtp` could not. */
function reasonToTranscode(error: unknown): EngineReason | undefined {
  if (!(error instanceof RelayError)) return undefined;
  return error.code === 'ice-failed' || error.code === 'unsupported-codec' ? error.code : undefined;
}
