import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { TerminalError } from './errors.ts';

/**
 * Rejects when no UDP socket can be bound to this address. To be asked first: the native library ends the process when it finds out by
 * itself ("Failed to gather local ICE candidates").
 */
export async function checkBindAddress(address: string): Promise<void> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address, port: 0, exclusive: true }, resolve);
    });
  } catch (cause) {
    throw new TerminalError('invalid-options', 'bindAddress is no address of this machine', { cause });
  } finally {
    socket.close();
  }
}
