import { connect } from 'node:net';
import * as fc from 'fast-check';

const oddTargets = [
  ...'// /// /\\ http://[ http:// //:80 * /% /%00 /%ff%fe /..%2f..%2f http://[::1 /? /# http:/x'.split(' '),
  ...'localhost:80 //@ /%u0000 ?? /. /; /: /healthz/ /healthz?% //healthz \\\\ /http://[ :'.split(' '),
  '/a b',
  '/\u0001',
  '/\u00e9',
];

const oddHeaders = `Content-Length: 5
Content-Length: -1
Content-Length: 1e3
Content-Length: 99999999999999999
Transfer-Encoding: chunked
Transfer-Encoding: identity
Transfer-Encoding: chunked, x
Upgrade: websocket
Upgrade: h2c
Upgrade: ,
Connection: Upgrade
Connection: close
Sec-WebSocket-Version: 13
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
Sec-WebSocket-Key: x
Sec-WebSocket-Protocol: ,
Sec-WebSocket-Protocol: avatar-bridge, bearer.x
Expect: 100-continue
Expect: x
Content-Type: application/json
Content-Type: text/plain
Content-Type: ;
Range: bytes=-
Origin: null
Origin: http://[
Origin: https://app.example
Authorization: Basic
Authorization: Basic !
Host:
Host: [
Host: a b
Host: a@b:c
Host: \u00ff
Last-Event-ID: x
Idempotency-Key:
Accept-Encoding: gzip
If-None-Match: *
HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA
X-Request-Id: \u0001`.split('\n');

/** Bytes for a port that speaks HTTP: from well-formed requests with odd contents down to noise. */
export function rawRequests(paths: string[], headers: Record<string, string>): fc.Arbitrary<Buffer> {
  const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  const word = fc.string({ unit: 'grapheme-ascii', maxLength: 30 });
  const method = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS') },
    { weight: 1, arbitrary: fc.constantFrom('CONNECT', 'TRACE', 'PRI', 'get', 'M-SEARCH', '') },
  );
  const target = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...paths) },
    {
      weight: 4,
      arbitrary: fc.constantFrom(...oddTargets),
    },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...paths), word).map(([path, more]) => path + more) },
    { weight: 2, arbitrary: word.map((text) => `/${text}`) },
    { weight: 1, arbitrary: noise },
  );
  const known = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const header = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.constantFrom(...known, ...oddHeaders),
    },
    { weight: 1, arbitrary: fc.tuple(word, word).map(([name, value]) => `${name}: ${value}`) },
    { weight: 1, arbitrary: noise },
  );
  const body = fc.oneof(
    { weight: 4, arbitrary: fc.constant('') },
    { weight: 2, arbitrary: fc.json({ maxDepth: 2 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('0\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n', 'zz\r\n', '\r\n\r\n', '['),
    },
    { weight: 1, arbitrary: noise },
  );
  const request = fc
    .record({
      method,
      target,
      version: fc.oneof(
        { weight: 12, arbitrary: fc.constant('HTTP/1.1') },
        {
          weight: 1,
          arbitrary: fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/', 'http/1.1', ''),
        },
      ),
      host: fc.oneof({ weight: 9, arbitrary: fc.constant('Host: localhost') }, header),
      more: fc.array(header, { maxLength: 6 }),
      body,
    })
    .map(({ method: verb, target: path, version, host, more, body: content }) => {
      const head = [`${verb} ${path} ${version}`, host, ...more, 'Connection: close'].join('\r\n');
      return `${head}\r\n\r\n${content}`;
    });
  return fc
    .oneof({ weight: 12, arbitrary: request }, { weight: 1, arbitrary: noise })
    .map((text) => Buffer.from(text, 'latin1'));
}

/**
 * Sends the bytes and resolves to the statuses that came back until the port closed or `waitMs` passed. `end`: whether
 * this side says at once that it has no more to send.
 */
export function sendRaw(
  url: string,
  bytes: Buffer,
  { waitMs, end = true }: { waitMs: number; end?: boolean },
): Promise<number[]> {
  const { hostname, port } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<number[]>();
  let answer = '';
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const leave = setTimeout(() => socket.destroy(), waitMs);
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString('latin1');
    // An event stream or a WebSocket stays open: its first bytes are enough.
    if (/^HTTP\/1\.1 (101|200)/.test(answer)) socket.destroySoon();
  });
  socket.on('end', () => socket.destroy());
  socket.on('error', () => {});
  socket.on('close', () => {
    clearTimeout(leave);
    resolve([...answer.matchAll(/^HTTP\/1\.[01] (\d{3}) /gm)].map(([, status]) => Number(status)));
  });
  if (end) socket.end(bytes);
  else socket.write(bytes);
  return promise;
}
