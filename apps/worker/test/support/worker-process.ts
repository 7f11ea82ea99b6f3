import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inject } from 'vitest';
import type { Rig } from './rig.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

/** A worker as it runs in production: a process of its own. */
export class WorkerProcess {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
    this.#exited = once(child, 'exit');
  }

  static async start(rig: Rig, env: Record<string, string> = {}): Promise<WorkerProcess> {
    const stage = inject('livekit').stage;
    const child = spawn(process.execPath, [main], {
      env: {
        PATH: process.env['PATH'],
        REDIS_URL: inject('redisUrl'),
        LIVEKIT_URL: stage.url,
        LIVEKIT_API_KEY: stage.apiKey,
        LIVEKIT_API_SECRET: stage.apiSecret,
        HEYGEN_API_KEY: rig.apiKey,
        HEYGEN_BASE_URL: rig.simulator.url,
        BRIDGE_ACCOUNT: rig.account,
        BRIDGE_SLOTS: '20',
        BRIDGE_WORKER_PORT: '0',
        BRIDGE_LOG_LEVEL: process.env['TEST_LOG'] ?? 'warn',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await Promise.race([
      once(createInterface({ input: child.stdout }), 'line'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`the worker exited with ${code}`))),
    ])) as [string];
    return new WorkerProcess(child, (JSON.parse(line) as { listening: string }).listening);
  }

  /** Resolves with the exit code when it has ended; null when it was killed. */
  async signal(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    return this.ended();
  }

  /** Sends a signal and does not wait. */
  tell(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async ended(): Promise<number | null> {
    await this.#exited;
    return this.#child.exitCode;
  }

  get(path: string): Promise<Response> {
    return fetch(`${this.url}${path}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.signal('SIGKILL');
  }
}
