import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { inject, onTestFinished } from 'vitest';
import { freePort } from '../../../scripts/servers/free-port.ts';

/** A redis-server of a test's own, on one port and one data directory, which may be killed and started again. */
export class RedisServer {
  readonly port: number;
  readonly #directory: string;
  readonly #options: string[];
  #child: ChildProcess | undefined;

  static async start(options: string[] = []): Promise<RedisServer> {
    const server = new RedisServer(
      await freePort(),
      await mkdtemp(join(tmpdir(), 'session-store-')),
      options,
    );
    // Registered before whatever uses the server, so that it is stopped after it.
    onTestFinished(() => server.#remove());
    await server.start();
    return server;
  }

  private constructor(port: number, directory: string, options: string[]) {
    this.port = port;
    this.#directory = directory;
    this.#options = options;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const { redisServer } = inject('programs');
    const durable = [
      '--appendonly',
      'yes',
      '--appendfsync',
      'everysec',
      '--save',
      '',
      '--dir',
      this.#directory,
    ];
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', ...durable, ...this.#options];
    this.#child = spawn(redisServer, args, { stdio: 'ignore' });
    const client = this.client();
    await client.ping();
    client.disconnect();
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** It takes connections but answers nothing, until `thaw`. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  client(): Redis {
    return RedisServer.clientOf(this.port);
  }

  static clientOf(port: number): Redis {
    const client = new Redis(`redis://127.0.0.1:${port}`, {
      protocol: 2,
      maxRetriesPerRequest: null,
      retryStrategy: () => 50,
    });
    client.on('error', () => {});
    return client;
  }

  async #remove(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
