import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export type SeenRequest = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: unknown;
  at: number;
};
export type Answer = (response: ServerResponse, request: SeenRequest) => void;

/**
 * An HTTP server on 127.0.0.1 that answers each request with the next answer of its script, the last one for
 * ever.
 */
export async function startVendorServer(...script: Answer[]) {
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const waiting: (() => void)[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const { method = '', headers } = request;
    const body = await readBody(request);
    const entry = {
      method,
      path: url.pathname,
      query: url.searchParams,
      headers,
      body,
      at: performance.now(),
    };
    seen.push(entry);
    for (const wake of waiting.splice(0)) wake();
    const answer = script.length > 1 ? script.shift() : script[0];
    answer?.(response, entry);
  };
  const server = createServer((request, response) => void handle(request, response));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server,
    seen,
    sockets,
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Resolves when `count` requests have come. */
    async received(count: number): Promise<void> {
      while (seen.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? undefined : JSON.parse(text);
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export function success(data: unknown): Answer {
  return json(200, { code: 100, data, message: 'success' });
}

export function text(status: number, body: string): Answer {
  return (response) => response.writeHead(status, { 'content-type': 'text/html' }).end(body);
}

/** Takes the request and says nothing, ever. */
export const hang: Answer = () => {};
/** Cuts the connection with a TCP reset. */
export const reset: Answer = (response) => void (response.socket as Socket).resetAndDestroy();
/** Answers with half of a body and cuts the connection. */
export const halfBody: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"code":100,', () => response.socket?.destroy());
};
/** Sends a status and a byte of body now and then, but never all. */
export const drip: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
};
