import { inject } from 'vitest';
import { freePort } from '../../scripts/servers/free-port.ts';
import {
  startLivekit,
  type LivekitServer,
  type LivekitServerOptions,
} from '../../scripts/servers/livekit.ts';

type Options = LivekitServerOptions & { ports: { http: number; tcp: number; udp: number } };

/** A livekit-server of one test, which may do anything to it. */
export class OwnServer {
  static async start(
    name: string,
    more: Partial<Pick<LivekitServerOptions, 'rtc' | 'room' | 'turn' | 'binary'>> = {},
  ): Promise<OwnServer> {
    const ports = { http: await freePort(), tcp: await freePort(), udp: await freePort() };
    const options = { binary: inject('programs').livekitServer, name, ports, ...more };
    return new OwnServer(await startLivekit(options), options);
  }

  readonly url: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly ports: Options['ports'];
  readonly #options: Options;
  #server: LivekitServer;

  private constructor(server: LivekitServer, options: Options) {
    ({ url: this.url, apiKey: this.apiKey, apiSecret: this.apiSecret } = server);
    this.ports = options.ports;
    this.#server = server;
    this.#options = options;
  }

  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await this.#server.process.exited;
  }

  /** Starts it again after kill(), on the same ports; resolves when it answers. */
  async restart(changes: { apiSecret?: string } = {}): Promise<void> {
    this.#server = await startLivekit({
      ...this.#options,
      apiKey: this.apiKey,
      apiSecret: this.apiSecret,
      ...changes,
    });
  }

  freeze(): void {
    this.#signal('SIGSTOP');
  }

  thaw(): void {
    this.#signal('SIGCONT');
  }

  async leave(): Promise<void> {
    // A frozen process would not hear that it is to stop.
    this.thaw();
    await this.#server.stop();
  }

  #signal(signal: NodeJS.Signals): void {
    this.#server.process.child.kill(signal);
  }
}
