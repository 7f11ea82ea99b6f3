import { inject } from 'vitest';
import { freePort } from '../../../scripts/servers/free-port.ts';
import { startLivekit } from '../../../scripts/servers/livekit.ts';
import type { LivekitServer } from '../../../scripts/servers/livekit.ts';

/** A livekit-server of one test, which may do anything to it. */
export class MortalServer {
  static async start(name: string): Promise<MortalServer> {
    const ports = { http: await freePort(), tcp: await freePort(), udp: await freePort() };
    const options = { binary: inject('programs').livekitServer, name, ports };
    return new MortalServer(await startLivekit(options), options);
  }

  readonly url: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly #options: { binary: string; name: string; ports: { http: number; tcp: number; udp: number } };
  #server: LivekitServer;

  private constructor(server: LivekitServer, options: { binary: string; name: string; ports: { http: number; tcp: number; udp: number } }) {
    ({ url: this.url, apiKey: this.apiKey, apiSecret: this.apiSecret } = server);
    this.#server = server;
    this.#options = options;
  }

  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await this.#server.process.exited;
  }

  /** On the same ports; resolves when it answers. */
  async restart(): Promise<void> {
    this.#server = await startLivekit({ ...this.#options, apiKey: this.apiKey, apiSecret: this.apiSecret });
  }

  freeze(): void {
    this.#signal('SIGSTOP');
  }

  thaw(): void {
    this.#signal('SIGCONT');
  }

  async leave(): Promise<void> {
    this.thaw();
    await this.#server.stop();
  }

  #signal(signal: NodeJS.Signals): void {
    process.kill(this.#server.process.pid, signal);
  }
}
