import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type SeenRequest = { method: string; url: string; headers: IncomingHttpHeaders; body: unknown };
export type Answer = (response: ServerResponse) => unknown;

/** An HTTP server on 127.0.0.1 that answers each request with the next answer of its script, the last one for ever. */
export async function startSpeechServer(...script: Answer[]) {
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      seen.push({ method, url, headers, body: JSON.parse(text) as unknown });
      void (script.length > 1 ? script.shift()! : script[0]!)(response);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    seen,
    sockets,
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Samples of a tone, loud enough to be heard. */
export function tone(durationMs: number, rate = 24_000): Int16Array {
  return Int16Array.from(
    { length: (durationMs * rate) / 1000 },
    (_, index) => 9000 * Math.sin((2 * Math.PI * 440 * (index + 1)) / rate),
  );
}

export function bytesOf(pcm: Int16Array): Buffer {
  return Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);
}

export function wave(pcm: Int16Array, { rate = 24_000, channels = 1, bits = 16, format = 1 } = {}): Buffer {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(0xffff_ffff, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(format, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt16LE(bits, 34);
  head.write('data', 36);
  head.writeUInt32LE(0xffff_ffff, 40);
  return Buffer.concat([head, bytesOf(pcm)]);
}

export function sound(bytes: Uint8Array, type = 'audio/pcm'): Answer {
  return (response) => response.writeHead(200, { ...(type && { 'content-type': type }) }).end(bytes);
}

/** Sends the pieces `gapMs` apart. */
export function drip(
  pieces: readonly Uint8Array[],
  gapMs: number,
  end: 'end' | 'cut' | 'stay' = 'end',
): Answer {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'audio/pcm' });
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) await sleep(gapMs);
      response.write(piece);
    }
    await sleep(gapMs);
    if (end === 'end') response.end();
    if (end === 'cut') (response.socket as Socket).resetAndDestroy();
  };
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export function page(status: number): Answer {
  return (response) =>
    response
      .writeHead(status, { 'content-type': 'text/html' })
      .end('<!doctype html><title>Bad gateway</title>');
}

/** Takes the request and says nothing, ever. */
export const hang: Answer = () => {};
