import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/**
 * Where servers are put. Below the ephemeral ports of every system (Linux from 32768, others from 49152), which any outgoing connection may be given
 * between our look at a port and its use.
 */
const RANGE = [10_000, 20_000] as const;
const ATTEMPTS = 50;
const taken = new Set<number>();

/** A port of 127.0.0.1 that nobody uses for TCP or UDP: `preferred` if it is free, else any. Never the same port twice in one process. */
export async function freePort(preferred?: number): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = attempt === 0 && preferred !== undefined ? preferred : randomInt(...RANGE);
    if (taken.has(port)) continue;
    // Before the next await: others may be looking for a port at the same time.
    taken.add(port);
    if ((await isFreeForTcp(port)) && (await isFreeForUdp(port))) return port;
  }
  throw new Error('No free port was found on 127.0.0.1');
}

function isFreeForTcp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function isFreeForUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => socket.close(() => resolve(true)));
  });
}
