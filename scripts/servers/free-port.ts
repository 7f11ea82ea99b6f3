import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const taken = new Set<number>();

/**
 * A port of 127.0.0.1 that nobody uses for TCP or UDP: `preferred` if it is free, else one the system picks.
 * Never the same port twice in one process.
 */
export async function freePort(preferred = 0): Promise<number> {
  for (const candidate of preferred === 0 ? [0] : [preferred, 0]) {
    for (let attempt = 0; attempt < (candidate === 0 ? 20 : 1); attempt++) {
      const port = await tryTcp(candidate);
      if (port === undefined || taken.has(port)) continue;
      // Before the next await: others may be looking for a port at the same time.
      taken.add(port);
      if (await tryUdp(port)) return port;
    }
  }
  throw new Error('No free port was found on 127.0.0.1');
}

function tryTcp(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}

function tryUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => socket.close(() => resolve(true)));
  });
}
