import { SignalProxy } from './signal-proxy.ts';
import type { UdpShim } from './udp-shim.ts';

const CANDIDATE = /( udp \d+ 127\.0\.0\.1 )(\d+)( typ )/gi;

/**
 * A signalling address under which the media of a server's clients goes through the shim. The port in the server's candidates is replaced,
 * and the clients' own are made useless: otherwise the server would send to them directly. Each text keeps its length, so that the messages around
 * it need not be understood.
 */
export async function signalThrough(shim: UdpShim, serverUrl: string): Promise<SignalProxy> {
  return SignalProxy.start(serverUrl, {
    toClient: (message) =>
      replaced(message, (port) => {
        shim.serverPort = Number(port);
        return String(shim.port);
      }),
    toServer: (message) => replaced(message, () => '9'),
  });
}

function replaced(message: Buffer, port: (old: string) => string): Buffer {
  const text = message
    .toString('latin1')
    .replace(
      CANDIDATE,
      (_all, before: string, old: string, after: string) =>
        `${before}${port(old).padStart(old.length, '0')}${after}`,
    );
  return Buffer.from(text, 'latin1');
}
