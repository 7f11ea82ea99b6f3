import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { livekitServer } from '../../../scripts/install/livekit-server.ts';
import { redisServer } from '../../../scripts/install/redis.ts';
import { freePort } from '../../../scripts/servers/free-port.ts';
import { startLivekit, type LivekitServer } from '../../../scripts/servers/livekit.ts';
import { startRedis, type RedisServer } from '../../../scripts/servers/redis.ts';
import type { ServerProcess } from '../../../scripts/servers/server-process.ts';

type Started = { process: ServerProcess; stop(): Promise<void> };

/** A server that may be killed, frozen and started again where it was. */
export class OwnServer<S extends Started> {
  static async start<S extends Started>(
    start: () => Promise<S>,
    remove: () => void = () => {},
  ): Promise<OwnServer<S>> {
    return new OwnServer(await start(), start, remove);
  }

  readonly #start: () => Promise<S>;
  readonly #remove: () => void;
  #now: S;

  private constructor(now: S, start: () => Promise<S>, remove: () => void) {
    this.#now = now;
    this.#start = start;
    this.#remove = remove;
  }

  get access(): S {
    return this.#now;
  }

  get process(): ServerProcess {
    return this.#now.process;
  }

  async kill(): Promise<void> {
    this.process.child.kill('SIGKILL');
    await this.process.exited;
  }

  async restart(): Promise<void> {
    this.#now = await this.#start();
  }

  freeze(): void {
    this.process.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.process.child.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    // A frozen process would not hear that it is to stop.
    this.thaw();
    await this.#now.stop();
    this.#remove();
  }
}

/** With the persistence that production has. */
export async function ownRedis(args: string[] = [], binary?: string): Promise<OwnServer<RedisServer>> {
  const directory = mkdtempSync(join(tmpdir(), 'faults-redis-'));
  const options = { binary: binary ?? (await redisServer()), directory, ownPort: await freePort(), args };
  return OwnServer.start(
    () => startRedis(options),
    () => rmSync(directory, { recursive: true, force: true }),
  );
}

export async function ownLivekit(name: string): Promise<OwnServer<LivekitServer>> {
  const binary = await livekitServer();
  const ports = { http: await freePort(), tcp: await freePort(), udp: await freePort() };
  let secret: { apiKey: string; apiSecret: string } | undefined;
  return OwnServer.start(async () => {
    const server = await startLivekit({ binary, name, ports, ...secret });
    secret = { apiKey: server.apiKey, apiSecret: server.apiSecret };
    return server;
  });
}
