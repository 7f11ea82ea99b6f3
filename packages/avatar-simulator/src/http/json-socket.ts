import type { WSContext } from 'hono/ws';

/** Bytes that may wait for a client that doesn't read; then its socket is closed. */
const maxBuffered = 1_000_000;

/** A client's WebSocket that is sent JSON. */
export type JsonSocket = { send(payload: object): void; close(code: number, reason: string): void };

export function jsonSocket(ws: WSContext): JsonSocket {
  return {
    send(payload) {
      const raw = ws.raw as { bufferedAmount?: number } | undefined;
      if ((raw?.bufferedAmount ?? 0) > maxBuffered) return ws.close(1008, 'too slow');
      ws.send(JSON.stringify(payload));
    },
    close: (code, reason) => ws.close(code, reason),
  };
}
