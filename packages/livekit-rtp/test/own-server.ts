import { inject } from 'vitest';
import { freePort } from '../../../scripts/servers/free-port.ts';
import { startLivekit, type LivekitServer } from '../../../scripts/servers/livekit.ts';
import { cleanup } from './support.ts';

/** A livekit-server of one test, which may do anything to it. */
export type OwnServer = Pick<LivekitServer, 'url' | 'apiKey' | 'apiSecret'> & {
  port: number;
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Starts it again after kill(), on the same ports; resolves when it answers. */
  restart(changes?: { apiSecret?: string }): Promise<void>;
};

export async function startOwnServer(name: string): Promise<OwnServer> {
  const ports = { http: await freePort(), tcp: await freePort(), udp: await freePort() };
  const options = { binary: inject('programs').livekitServer, name, ports };
  let running = await startLivekit(options);
  const { url, apiKey, apiSecret } = running;
  cleanup(() => running.stop());
  const thaw = (): void => void process.kill(running.process.pid, 'SIGCONT');
  return {
    url,
    apiKey,
    apiSecret,
    port: ports.http,
    async kill() {
      process.kill(running.process.pid, 'SIGKILL');
      await running.process.exited;
    },
    freeze() {
      process.kill(running.process.pid, 'SIGSTOP');
      cleanup(thaw);
    },
    thaw,
    async restart(changes = {}) {
      running = await startLivekit({ ...options, apiKey, apiSecret, ...changes });
    },
  };
}
