import { randomBytes } from 'node:crypto';
import { freePort } from './free-port.ts';
import { startProcess, untilReady, type ServerProcess } from './server-process.ts';

export type LivekitServer = {
  /** What clients connect to, ws://. */
  url: string;
  apiKey: string;
  apiSecret: string;
  process: ServerProcess;
  stop(): Promise<void>;
};

export type LivekitServerOptions = {
  binary: string;
  name: string;
  port?: number;
  logFile?: string;
  apiKey?: string;
  apiSecret?: string;
  ports?: LivekitPorts;
  /** The server's defaults for rooms, as its configuration names them. */
  room?: Record<string, unknown>;
  /** What differs from our settings for media, as its configuration names it. */
  rtc?: Record<string, unknown>;
  /** Its TURN server, off unless this is given. */
  turn?: Record<string, unknown>;
};
type LivekitPorts = { http: number; tcp: number; udp: number };

/**
 * Starts a livekit-server of our own on the loopback address. Its configuration names no host outside this
 * machine.
 */
export async function startLivekit(options: LivekitServerOptions): Promise<LivekitServer> {
  const http = options.ports?.http ?? (await freePort(options.port));
  const tcp = options.ports?.tcp ?? (await freePort());
  const udp = options.ports?.udp ?? (await freePort());
  const apiKey = options.apiKey ?? `${options.name}-key`;
  const apiSecret = options.apiSecret ?? randomBytes(32).toString('hex');
  const config = {
    port: http,
    bind_addresses: ['127.0.0.1'],
    rtc: {
      tcp_port: tcp,
      udp_port: udp,
      use_external_ip: false,
      node_ip: '127.0.0.1',
      enable_loopback_candidate: true,
      // Without this the server hands public STUN servers to every client.
      stun_servers: ['127.0.0.1:3478'],
      interfaces: { includes: process.platform === 'darwin' ? ['lo0'] : ['lo'] },
      ...options.rtc,
    },
    ...(options.turn ? { turn: { enabled: true, bind_addresses: ['127.0.0.1'], ...options.turn } } : {}),
    keys: { [apiKey]: apiSecret },
    ...(options.room ? { room: options.room } : {}),
    logging: { level: 'warn' },
  };
  const server = startProcess({
    name: `livekit-server (${options.name})`,
    file: options.binary,
    // The secret goes by the environment: arguments can be read by everybody on the machine.
    env: { ...process.env, LIVEKIT_CONFIG: JSON.stringify(config) },
    logFile: options.logFile,
  });
  const answers = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${http}/`, { signal: AbortSignal.timeout(1_000) }).then(
      (response) => response.ok,
      () => false,
    );
  await untilReady(server, answers);
  return {
    url: `ws://127.0.0.1:${http}`,
    apiKey,
    apiSecret,
    process: server,
    stop: () => server.stop(3_000),
  };
}
