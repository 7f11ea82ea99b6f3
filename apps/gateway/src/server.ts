import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { createAdaptorServer, getRequestListener, RequestError, type HttpBindings } from '@hono/node-server';
import { WebSocketServer } from 'ws';
import { subprotocol } from './auth/subprotocol.ts';
import { maxBody } from './http/json-body.ts';
import { refuseConnection, unreadable } from './http/refuse-connection.ts';
import type { App } from './parts.ts';

export type ListeningServer = {
  /** Where it listens: http://host:port. */
  url: string;
  /** Takes no new connections, lets requests finish, and cuts off what is left after `deadline` ms. */
  close(deadline: number): Promise<void>;
};

/** Listens for HTTP requests and WebSockets. Throws when the address can't be had. */
export async function listen(
  app: App,
  { host, port }: { host: string; port: number },
): Promise<ListeningServer> {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxBody,
    perMessageDeflate: false,
    handleProtocols: (offered) => offered.has(subprotocol) && subprotocol,
  });
  const answer = (request: Request, env: HttpBindings): Response | Promise<Response> =>
    app.fetch(request, env);
  const listener = getRequestListener((request, env) => answer(request, env as HttpBindings), {
    errorHandler: answerUnreadable,
  });
  const server = createAdaptorServer({
    fetch: async (request, env) =>
      refusingUpgrades(await answer(request, env as HttpBindings), env as HttpBindings),
    serverOptions: {
      // Longer than load balancers keep theirs, so that it is never us who closes under a request.
      keepAliveTimeout: 75_000,
      shouldUpgradeCallback: asksForWebSocket,
    },
    createServer: ((options: Parameters<typeof createServer>[0] & object) =>
      createServer(options, (request, response) => void listener(request, response))) as typeof createServer,
    websocket: { server: sockets },
  }) as Server;
  server.on('clientError', (_error, socket) => void answerNonsense(socket));
  server.listen({ host, port });
  await once(server, 'listening');
  const address = server.address();
  const actual = typeof address === 'object' && address ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    async close(deadline) {
      const closed = once(server, 'close');
      server.close();
      // A connection whose last answer is out would be kept for a next request.
      const sweep = setInterval(() => server.closeIdleConnections(), 50);
      const cut = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
        server.closeAllConnections();
      }, deadline);
      await closed;
      clearInterval(sweep);
      clearTimeout(cut);
    },
  };
}

/** Other upgrades, and those whose host or path is no URL, are left to the routes, which answer them as a request. */
function asksForWebSocket({ headers, url = '' }: IncomingMessage): boolean {
  const target = url.startsWith('/') ? `http://${headers.host}${url}` : url;
  return (
    headers.upgrade?.toLowerCase() === 'websocket' &&
    /\/(socket|streaming\.chat)(\?|$)/.test(url) &&
    URL.canParse(target)
  );
}

/** An upgrade that is refused gets the problem as its body, too: the adapter would send the status alone. */
async function refusingUpgrades(response: Response, { incoming, outgoing }: HttpBindings): Promise<Response> {
  const upgrading = outgoing === undefined;
  if (upgrading && response.status >= 400) {
    await refuseConnection(incoming.socket, response.status, response.headers, await response.clone().text());
  }
  return response;
}

function answerUnreadable(error: unknown): Response {
  if (error instanceof RequestError) return unreadable();
  throw error;
}

async function answerNonsense(socket: Duplex & { bytesWritten?: number }): Promise<void> {
  // In the middle of another answer there is no place for this one.
  if (socket.bytesWritten) return void socket.destroy();
  const response = unreadable();
  await refuseConnection(socket, response.status, response.headers, await response.text());
}
