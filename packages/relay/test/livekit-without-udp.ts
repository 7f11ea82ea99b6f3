import { freePort } from '../../../scripts/servers/free-port.ts';
import { startProcess, untilReady } from '../../../scripts/servers/server-process.ts';
import { inject } from 'vitest';

/** Where the server says that its media ports are: there, or where nobody can send anything. */
type Announced = '127.0.0.1' | '255.255.255.255';

export type OwnServer = { url: string; apiKey: string; apiSecret: string; stop(): Promise<void> };

/** A LiveKit server whose media can be reached by TCP only, or not at all: a network that lets no UDP through. */
export async function startWithoutUdp(announced: Announced): Promise<OwnServer> {
  const [http, tcp] = [await freePort(), await freePort()];
  const access = { apiKey: 'own-key', apiSecret: 'a-secret-that-is-long-enough-for-a-test' };
  const config = {
    port: http,
    bind_addresses: ['127.0.0.1'],
    rtc: {
      force_tcp: true,
      tcp_port: tcp,
      use_external_ip: false,
      node_ip: announced,
      enable_loopback_candidate: true,
      stun_servers: ['127.0.0.1:3478'],
      interfaces: { includes: process.platform === 'darwin' ? ['lo0'] : ['lo'] },
    },
    keys: { [access.apiKey]: access.apiSecret },
    logging: { level: 'error' },
  };
  const server = startProcess({
    name: 'livekit-server (without UDP)',
    file: inject('programs').livekitServer,
    env: { ...process.env, LIVEKIT_CONFIG: JSON.stringify(config) },
  });
  await untilReady(server, () =>
    fetch(`http://127.0.0.1:${http}/`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return { url: `ws://127.0.0.1:${http}`, ...access, stop: () => server.stop(3_000) };
}
