import { once } from 'node:events';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { problem } from '@avatar-bridge/contracts';
import { problemType } from '../problems/send-problem.ts';

/** Answers on a bare connection, and ends it. */
export async function refuseConnection(
  socket: Duplex,
  status: number,
  headers: Headers,
  body: string,
): Promise<void> {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const all = new Headers(headers);
  all.set('connection', 'close');
  all.set('content-length', String(Buffer.byteLength(body)));
  const head = [...all].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const finished = once(socket, 'close');
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n${body}`, () =>
    socket.destroy(),
  );
  await finished.catch(() => {});
}

/** For requests that are not HTTP, or that name no host: they never reach a route. */
export function unreadable(): Response {
  const body = JSON.stringify(problem('bad-request', 'Send a valid HTTP/1.1 request with a Host header.'));
  return new Response(body, { status: 400, headers: { 'content-type': problemType } });
}
