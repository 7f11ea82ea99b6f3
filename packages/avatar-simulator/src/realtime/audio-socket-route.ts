import { upgradeWebSocket } from '@hono/node-server';
import { maxLiteMessageBytes } from '@avatar-bridge/heygen-client/liveavatar';
import { Hono } from 'hono';
import { jsonSocket, type JsonSocket } from '../http/json-socket.ts';
import { bounds } from '../limits.ts';
import type { Switches } from '../switches.ts';
import type { AudioChannel } from './audio-channel.ts';

type Refusal = { status: 400 | 404; body: object };

/** The socket that sound is brought over, at `path/<key>`. What is wrong is answered before the upgrade. */
export function audioSocketRoute(options: {
  path: string;
  find: (key: string) => AudioChannel | undefined;
  /** What a request for something that is not there is answered. */
  notFound: object;
  switches: Switches;
}): Hono {
  const { path, find, notFound, switches } = options;
  const routes = new Hono();

  const refusal = (key: string, upgrade: string | undefined): Refusal | undefined => {
    const channel = find(key);
    if (!channel) return { status: 404, body: notFound };
    if (upgrade?.toLowerCase() !== 'websocket')
      return { status: 400, body: { message: 'This endpoint takes WebSockets only' } };
    if (channel.sockets >= bounds.socketsPerSession)
      return { status: 400, body: { message: 'There are too many sockets already' } };
    return undefined;
  };

  routes.get(
    `${path}/:key`,
    async (c, next) => {
      const refused = refusal(c.req.param('key'), c.req.header('upgrade'));
      return refused ? c.json(refused.body, refused.status) : next();
    },
    upgradeWebSocket((c) => {
      const channel = find(c.req.param('key') ?? '');
      let socket: JsonSocket | undefined;
      return {
        onOpen(_, ws) {
          socket = jsonSocket(ws);
          if (channel) channel.addSocket(socket);
          else socket.close(1008, 'session closed');
        },
        onMessage({ data }) {
          const text = typeof data === 'string' ? data : undefined;
          if (text === undefined || text.length <= maxLiteMessageBytes) return channel?.receive(text ?? '');
          if (switches.values.oversizedMessage === 'close') socket?.close(1009, 'the message is too big');
        },
        onClose() {
          if (socket) channel?.removeSocket(socket);
        },
      };
    }),
  );
  return routes;
}
