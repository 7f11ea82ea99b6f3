import { spawn } from 'node:child_process';
import type { Logger } from '../../packages/livekit-rtp/src/index.ts';
import { createMediaRelay, RetryableError } from '../../packages/relay/src/index.ts';
import type { MediaRelay, Relay, TrackStats } from '../../packages/relay/src/index.ts';
import { processGroup } from './processes.ts';
import { AVATAR } from './rooms.ts';
import type { Rooms } from './rooms.ts';

export const engines = ['rtp', 'transcode'] as const;
export type Engine = (typeof engines)[number];

/** What a carrier's own counters say, summed over its relays. */
export type Counts = {
  packets: number;
  lost: number;
  repaired: number;
  resent: number;
  unsent: number;
  plis: number;
};

/** Something that carries the source to `sessions` stages: our relays, or another program. */
export type Carrier = {
  readonly name: string;
  /** The processes that carry, and nothing else. */
  pids(): number[];
  /** Why it carries no longer all that it should. */
  failure(): string | undefined;
  /** Starts that failed and succeeded when they were tried again. */
  readonly retries: number;
  counts(): Promise<Counts | undefined>;
  stop(): Promise<void>;
};

export type CarrierOptions = {
  rooms: Rooms;
  sessions: number;
  run: number;
  sources: number;
  signal: AbortSignal;
};

/** Relays that start at the same time. */
const STARTING_AT_ONCE = 4;
const START_TIMEOUT = 120_000;
/** A worker tries again, too, what may succeed later. */
const TRIES = 3;

const quiet = (): void => {};
const logger: Logger = {
  debug: quiet,
  info: quiet,
  warn: (fields, message) => void process.stderr.write(`  relay: ${message} ${JSON.stringify(fields)}\n`),
  error: (fields, message) => void process.stderr.write(`  relay: ${message} ${JSON.stringify(fields)}\n`),
};

/** Our relays in relay hosts, as a worker runs them. `join` adds one more. */
export class RelayCarrier implements Carrier {
  static async start(
    engine: Engine,
    hosts: number | undefined,
    options: CarrierOptions,
  ): Promise<RelayCarrier> {
    const media = createMediaRelay({ logger, ...(hosts === undefined ? {} : { hosts }), engine });
    const carrier = new RelayCarrier(engine, media, options);
    try {
      let next = 0;
      const joinSome = async (): Promise<void> => {
        while (next < options.sessions) carrier.#keep(await carrier.join(next++));
      };
      await Promise.all(Array.from({ length: STARTING_AT_ONCE }, joinSome));
      return carrier;
    } catch (error) {
      await carrier.stop();
      throw error;
    }
  }

  readonly name: string;
  readonly #media: MediaRelay & { hosts: { pid: number | undefined }[] };
  readonly #options: CarrierOptions;
  readonly #relays: Relay[] = [];
  readonly #ended: string[] = [];
  retries = 0;

  private constructor(
    name: string,
    media: MediaRelay & { hosts: { pid: number | undefined }[] },
    options: CarrierOptions,
  ) {
    this.name = name;
    this.#media = media;
    this.#options = options;
  }

  pids(): number[] {
    return this.#media.hosts.map(({ pid }) => pid).filter((pid) => pid !== undefined);
  }

  /** A relay to the stage of this number, which is the caller's to close. */
  async join(index: number): Promise<Relay> {
    const { rooms, run, sources, signal } = this.#options;
    const source = await rooms.publisher(
      rooms.vendor,
      rooms.vendorRoom(index % sources),
      `client-${run}-${index}`,
      { subscribe: true },
    );
    const stage = await rooms.publisher(rooms.stage, `${rooms.stagePrefix(run)}-${index}`, `avatar-${index}`);
    for (let tries = 1; ; tries++) {
      try {
        const id = `bench-${index}`;
        // Most stages have no viewer here, and all shall cost what a watched one does.
        return await this.#media.start(
          { id, source: { kind: 'room', ...source, avatarIdentity: AVATAR }, stage, pauseUnwatched: false },
          signal,
        );
      } catch (error) {
        if (!(error instanceof RetryableError) || tries === TRIES || this.#ended.length > 0) throw error;
        this.retries++;
      }
    }
  }

  failure(): string | undefined {
    return this.#ended.length === 0
      ? undefined
      : `${this.#ended.length} relays ended by themselves: ${this.#ended[0]}`;
  }

  async counts(): Promise<Counts> {
    const counts: Counts = { packets: 0, lost: 0, repaired: 0, resent: 0, unsent: 0, plis: 0 };
    const add = (track: TrackStats | undefined): void => {
      if (track === undefined) return;
      counts.packets += track.packets;
      counts.lost += track.lost;
      counts.repaired += track.repaired;
      counts.resent += track.resent;
      counts.unsent += track.dropped.unsent;
      counts.plis += track.plisSent;
    };
    for (const relay of this.#relays) {
      const { video, audio } = await relay.stats();
      add(video);
      add(audio);
    }
    return counts;
  }

  /** How long the host of one of the relays takes to answer, in ms. */
  async answerTime(index: number): Promise<number> {
    const relay = this.#relays[index % this.#relays.length];
    const asked = performance.now();
    await relay?.stats();
    return performance.now() - asked;
  }

  async stop(): Promise<void> {
    await this.#media.close();
  }

  #keep(relay: Relay): void {
    if (relay.engine !== this.name) throw new Error(`Relay ${relay.id} uses the engine ${relay.engine}`);
    this.#relays.push(relay);
    relay.on('closed', ({ reason }) => void this.#ended.push(reason));
  }
}

export function readCommand(line: string): { name: string; command: string } {
  const [, name, command] = /^([\w-]+):\s+(.+)$/.exec(line) ?? [];
  return name === undefined || command === undefined ? { name: line, command: line } : { name, command };
}

/** A program that carries `N` stages by itself: the same bench for any other relay. */
export class CommandCarrier implements Carrier {
  /** `line`: a command, with a name and a colon before it if wanted. */
  static async start(line: string, options: CarrierOptions): Promise<CommandCarrier> {
    const { name, command } = readCommand(line);
    const { rooms, sessions, run, signal } = options;
    const child = spawn(command, {
      shell: true,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        N: String(sessions),
        SRC: rooms.vendorRoom(),
        DST: rooms.stagePrefix(run),
        SRC_URL: rooms.vendor.url,
        SRC_API_KEY: rooms.vendor.apiKey,
        SRC_API_SECRET: rooms.vendor.apiSecret,
        DST_URL: rooms.stage.url,
        DST_API_KEY: rooms.stage.apiKey,
        DST_API_SECRET: rooms.stage.apiSecret,
      },
    });
    const exited = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
    const carrier = new CommandCarrier(name, child.pid ?? -1, exited);
    const ready = Promise.withResolvers<void>();
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-2_000);
      if (/^READY\b/m.test(output)) ready.resolve();
    });
    child.once('error', ready.reject);
    void exited.then(() => ready.reject(new Error(`${command} ended before it was ready:\n${output}`)));
    const late = setTimeout(
      () => ready.reject(new Error(`${command} was not ready in time:\n${output}`)),
      START_TIMEOUT,
    );
    const onAbort = (): void => ready.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await ready.promise;
      return carrier;
    } catch (error) {
      await carrier.stop();
      throw error;
    } finally {
      clearTimeout(late);
      signal.removeEventListener('abort', onAbort);
    }
  }

  readonly name: string;
  readonly retries = 0;
  readonly #group: number;
  readonly #exited: Promise<void>;

  private constructor(name: string, group: number, exited: Promise<void>) {
    this.name = name;
    this.#group = group;
    this.#exited = exited;
  }

  pids(): number[] {
    return processGroup(this.#group);
  }

  failure(): string | undefined {
    return this.pids().length > 0 ? undefined : 'it has ended';
  }

  async counts(): Promise<undefined> {}

  async stop(): Promise<void> {
    this.#signal('SIGTERM');
    const killer = setTimeout(() => this.#signal('SIGKILL'), 5_000);
    await this.#exited;
    clearTimeout(killer);
    this.#signal('SIGKILL');
  }

  /** To the group that we started, with whatever it started itself. */
  #signal(signal: NodeJS.Signals): void {
    try {
      if (this.#group > 0) process.kill(-this.#group, signal);
    } catch {
      // Nobody is left in it.
    }
  }
}
