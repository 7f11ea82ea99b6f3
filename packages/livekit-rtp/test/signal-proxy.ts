import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { LeaveRequest, SignalRequest, SignalResponse, SimulateScenario } from '@livekit/protocol';
import { WebSocket, WebSocketServer } from 'ws';
import { cleanup, server } from './support.ts';

export type SignalProxy = {
  url: string;
  /** The token of each join that came through. */
  tokens: string[];
  /** Asks the server, in the participant's name, to act as if something had happened. */
  simulate(scenario: SimulateScenario['scenario']): void;
  /** Tells the participant, in the server's name, to leave. */
  tellToLeave(leave: Pick<LeaveRequest, 'reason' | 'action'>): void;
};

/** Stands between a participant and the server, and can put in messages of its own. */
export async function startSignalProxy(): Promise<SignalProxy> {
  const tokens: string[] = [];
  let newest: { client: WebSocket; upstream: WebSocket } | undefined;
  const proxy = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  proxy.on('connection', (client, request) => {
    const { authorization = '' } = request.headers;
    tokens.push(authorization.replace('Bearer ', ''));
    const upstream = new WebSocket(`${server.url}${request.url}`, { headers: { authorization } });
    newest = { client, upstream };
    const early: Buffer[] = [];
    client.on('message', (data: Buffer) => (upstream.readyState === WebSocket.OPEN ? upstream.send(data) : early.push(data)));
    upstream.on('open', () => early.forEach((data) => upstream.send(data)));
    upstream.on('message', (data: Buffer) => client.send(data));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('close', () => other.close());
      one.on('error', () => other.terminate());
    }
  });
  await once(proxy, 'listening');
  cleanup(() => {
    for (const client of proxy.clients) client.terminate();
    proxy.close();
  });
  return {
    url: `ws://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    tokens,
    simulate: (scenario) =>
      newest?.upstream.send(new SignalRequest({ message: { case: 'simulate', value: new SimulateScenario({ scenario }) } }).toBinary()),
    tellToLeave: (leave) =>
      newest?.client.send(new SignalResponse({ message: { case: 'leave', value: new LeaveRequest(leave) } }).toBinary()),
  };
}
