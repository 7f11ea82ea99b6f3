import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type { UdpShim } from './udp-shim.ts';

const CANDIDATE = /( udp \d+ 127\.0\.0\.1 )(\d+)( typ host)/gi;

/**
 * A signalling address under which the media of a server's clients goes through the shim. The port in the server's candidates is replaced,
 * and the clients' own are made useless: otherwise the server would send to them directly. Each text keeps its length, so that the messages around
 * it need not be understood.
 */
export async function signalThrough(shim: UdpShim, serverUrl: string): Promise<{ url: string; leave(): Promise<void> }> {
  const proxy = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const toClient = (message: Buffer): Buffer =>
    replaced(message, (port) => {
      shim.serverPort = Number(port);
      return String(shim.port);
    });
  const toServer = (message: Buffer): Buffer => replaced(message, () => '9');
  proxy.on('connection', (client, { url, headers: { authorization = '' } }) => {
    const upstream = new WebSocket(`${serverUrl}${url}`, { headers: { authorization } });
    const early: Buffer[] = [];
    client.on('message', (data: Buffer) =>
      upstream.readyState === WebSocket.OPEN ? upstream.send(toServer(data)) : early.push(toServer(data)),
    );
    upstream.on('open', () => early.forEach((data) => upstream.send(data)));
    upstream.on('message', (data: Buffer) => client.send(toClient(data)));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('close', () => other.close());
      one.on('error', () => other.terminate());
    }
  });
  await once(proxy, 'listening');
  return {
    url: `ws://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    leave: async () => {
      for (const client of proxy.clients) client.terminate();
      proxy.close();
      shim.close();
    },
  };
}

function replaced(message: Buffer, port: (old: string) => string): Buffer {
  const text = message
    .toString('latin1')
    .replace(CANDIDATE, (_all, before: string, old: string, after: string) => `${before}${port(old).padStart(old.length, '0')}${after}`);
  return Buffer.from(text, 'latin1');
}
