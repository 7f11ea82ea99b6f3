import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export type SocketBehaviour = {
  onSocket?: (socket: WebSocket, request: IncomingMessage) => void;
  onUpgrade?: (socket: Socket) => void;
};

/** A WebSocket server on 127.0.0.1, at any path. */
export async function startSocketServer({ onSocket, onUpgrade }: SocketBehaviour) {
  const sockets = new Set<Socket>();
  const http = createServer();
  const server = new WebSocketServer({ noServer: true });
  http.on('upgrade', (request, socket, head) => {
    if (onUpgrade) return onUpgrade(socket as Socket);
    server.handleUpgrade(request, socket, head, (ws) => onSocket?.(ws, request));
  });
  http.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    /** `127.0.0.1:<port>` */
    host: `127.0.0.1:${(http.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** Answers a WebSocket's request with an HTTP status instead. */
export function refuse(status: number, body: object): (socket: Socket) => void {
  const json = JSON.stringify(body);
  return (socket) =>
    socket.end(
      `HTTP/1.1 ${status} X\r\nContent-Type: application/json\r\nContent-Length: ${json.length}\r\nConnection: close\r\n\r\n${json}`,
    );
}
