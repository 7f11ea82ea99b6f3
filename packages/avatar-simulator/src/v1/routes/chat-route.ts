import { upgradeWebSocket } from '@hono/node-server';
import { ChatQuery, decodeFrame, endpoints } from '@avatar-bridge/heygen-client';
import { Hono } from 'hono';
import { now } from '../../clock.ts';
import { jsonSocket, type JsonSocket } from '../../http/json-socket.ts';
import { check } from '../http/read-body.ts';
import { VendorFailure } from '../http/vendor-failure.ts';
import type { VendorSession } from '../session/vendor-session.ts';
import type { Account, RequestContext } from './account.ts';

/**
 * The WebSocket /v1/ws/streaming.chat: texts and microphone up, the user's events down. What is wrong with
 * the query is answered before the upgrade.
 */
export function chatRoute({ sessions, tokens, logger }: Account): Hono<RequestContext> {
  const routes = new Hono<RequestContext>();
  const opened = (url: string): { session: VendorSession; query: ChatQuery } => {
    const query = check(ChatQuery, Object.fromEntries(new URL(url).searchParams));
    const { session_id: sessionId, session_token: token } = query;
    // A session that was opened with the API key has no token yet: the first fresh one becomes its own.
    if (
      !tokens.allows(token, sessionId, now()) &&
      !(sessions.find(sessionId)?.openedWithKey && tokens.spend(token, sessionId, now()))
    ) {
      throw VendorFailure.of('unauthorized');
    }
    const session = sessions.get(sessionId);
    if (session.state.name === 'closed') throw VendorFailure.of('wrongState');
    return { session, query };
  };

  routes.get(
    endpoints.chat,
    async (c, next) => {
      if (c.req.header('upgrade')?.toLowerCase() !== 'websocket')
        throw VendorFailure.invalid('this endpoint takes WebSockets only');
      opened(c.req.url);
      return next();
    },
    upgradeWebSocket((c) => {
      const { session, query } = opened(c.req.url);
      let socket: JsonSocket | undefined;
      return {
        onOpen(_, ws) {
          socket = jsonSocket(ws);
          try {
            session.addSocket(socket, {
              silenceResponse: query.silence_response ?? false,
              ...(query.opening_text && { openingText: query.opening_text }),
            });
          } catch {
            ws.close(1008, 'session closed');
          }
        },
        onMessage({ data }) {
          if (!(data instanceof ArrayBuffer)) return;
          const frame = decodeFrame(new Uint8Array(data));
          if (!frame) return logger.debug({ sessionId: session.id }, 'A frame could not be read');
          // Nothing listens to the microphone here, but it shows that somebody is there.
          if (frame.kind === 'audio') session.touch(now());
          else session.hear(frame.text, 'socket');
        },
        onClose() {
          if (socket) session.removeSocket(socket);
        },
      };
    }),
  );
  return routes;
}
