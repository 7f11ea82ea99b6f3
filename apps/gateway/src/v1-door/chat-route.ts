import { upgradeWebSocket } from '@hono/node-server';
import { ChatQuery, decodeFrame } from '@avatar-bridge/heygen-client';
import type { Session } from '@avatar-bridge/contracts';
import type { Context } from 'hono';
import type { WebSocket } from 'ws';
import type { GatewayEnv, Parts } from '../parts.ts';
import { ChatConnection } from './chat-connection.ts';
import type { Credentials } from './credentials.ts';
import { idleDeadline } from './idle-sweep.ts';
import { read } from './read.ts';
import { post } from './tasks.ts';
import { V1Failure } from './v1-failure.ts';

/** ms between two notes that sound of a microphone keeps a session from being idle. */
const soundNotedEveryMs = 5_000;

/**
 * The WebSocket `/v1/ws/streaming.chat`. What is wrong with the query is answered before the upgrade. Nothing listens to
 * the microphone here, but it shows that somebody is there.
 */
export function chatRoute(parts: Parts, credentials: Credentials) {
  return async (c: Context<GatewayEnv>): Promise<Response> => {
    if (c.req.header('upgrade')?.toLowerCase() !== 'websocket')
      throw V1Failure.invalid('this endpoint takes WebSockets only');
    const query = read(ChatQuery, c.req.query());
    const session = await credentials.sessionOfSocket(query.session_token, query.session_id);
    if (session.state === 'ended') throw V1Failure.of('wrongState');
    if (query.opening_text)
      // Once, however often the client comes back.
      await post(parts, session, query.opening_text, {
        type: 'repeat',
        idempotencyKey: '\u0000v1 opening text',
      });
    const { requestId } = c.var;
    const { store, listeners } = parts;
    return upgradeWebSocket(c, {
      onOpen: (_event, context) => {
        const connection = new ChatConnection(context.raw as WebSocket, {
          sessionId: session.id,
          requestId,
          hear: listener(parts, session),
        });
        void listeners.serve(connection, store.events(session.id, { after: '$', signal: connection.left }));
      },
    });
  };
}

function listener(parts: Parts, session: Session): (frame: Uint8Array) => Promise<void> {
  const { store, logger } = parts;
  let notedAt = -Infinity;
  const take = async (bytes: Uint8Array): Promise<void> => {
    const frame = decodeFrame(bytes);
    if (frame?.kind === 'text') await post(parts, session, frame.text, { type: 'talk' });
    if (frame?.kind !== 'audio' || performance.now() - notedAt < soundNotedEveryMs) return;
    notedAt = performance.now();
    await store.v1Door.setIdleDeadline(session.id, idleDeadline(session));
  };
  return (bytes) =>
    take(bytes).catch((error: unknown) => {
      logger.warn({ err: error, sessionId: session.id }, 'a frame of a v1 socket was not taken');
    });
}
