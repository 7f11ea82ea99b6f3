import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { OpenAiResponder } from './openai-responder.ts';
import { reply } from './reply.ts';
import type { Turn } from './responder.ts';

const apiKey = 'sk-secret';
const turns: Turn[] = [{ role: 'user', text: 'How is the weather?' }];
const { signal } = new AbortController();
const logger = pino({ level: 'silent' });

type Seen = { url: string; headers: IncomingHttpHeaders; body: unknown };

async function startServer(answer: (response: ServerResponse) => unknown) {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    request.on('end', () => {
      seen.push({ url: request.url ?? '', headers: request.headers, body: JSON.parse(text) as unknown });
      void answer(response);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const responder = new OpenAiResponder({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`,
    apiKey,
    model: 'small',
    timeouts: { firstWordMs: 300, gapMs: 200 },
  });
  return {
    seen,
    sockets,
    responder,
    async [Symbol.asyncDispose]() {
      await responder.close();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const piece = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
const stream =
  (...parts: string[]) =>
  (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    for (const part of parts) response.write(part);
    return response;
  };

async function sentences(server: Awaited<ReturnType<typeof startServer>>): Promise<string[]> {
  const all: string[] = [];
  for await (const sentence of reply(server.responder, { turns, signal }, { logger })) all.push(sentence);
  return all;
}

test('asks for a stream, with a prompt and the conversation so far', async () => {
  await using server = await startServer((r) => stream(piece('Sunny.'), 'data: [DONE]\n\n')(r).end());
  expect(await sentences(server)).toEqual(['Sunny.']);
  expect(server.seen).toEqual([
    {
      url: '/v1/chat/completions',
      headers: expect.objectContaining({ authorization: `Bearer ${apiKey}` }),
      body: {
        model: 'small',
        stream: true,
        messages: [
          { role: 'system', content: expect.stringContaining('heard, not read') },
          { role: 'user', content: 'How is the weather?' },
        ],
      },
    },
  ]);
});

test('is told what the avatar knows', async () => {
  await using server = await startServer((r) => stream(piece('Sunny.'), 'data: [DONE]\n\n')(r).end());
  const question = { turns, knowledge: 'It is always sunny.', signal };
  expect((await reply(server.responder, question, { logger }).next()).value).toBe('Sunny.');
  const content = expect.stringMatching(/heard, not read.*\n\nIt is always sunny\.$/s) as unknown;
  expect(server.seen[0]!.body).toMatchObject({ messages: [{ role: 'system', content }, { role: 'user' }] });
});

test('gives out each sentence as it comes', async () => {
  await using server = await startServer(async (response) => {
    stream(': comment\n\n', piece('It is '), piece('sunny. And'))(response);
    await sleep(100);
    response.end(`${piece(' warm.')}data: {"choices":[],"usage":{}}\n\ndata: [DONE]\n\n`);
  });
  const answer = reply(server.responder, { turns, signal }, { logger });
  expect((await answer.next()).value).toBe('It is sunny.');
  expect((await answer.next()).value).toBe('And warm.');
  expect((await answer.next()).done).toBe(true);
});

test('takes a whole answer from a server that does not stream', async () => {
  await using server = await startServer((response) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ choices: [{ message: { content: 'Sunny. Warm.' } }] })),
  );
  expect(await sentences(server)).toEqual(['Sunny.', 'Warm.']);
});

test('says what came of an answer that breaks off', async () => {
  await using server = await startServer((response) => {
    stream(piece('Sunny. And w'))(response);
    setTimeout(() => response.socket?.destroy(), 50);
  });
  expect(await sentences(server)).toEqual(['Sunny.']);
});

test.for<[string, (response: ServerResponse) => unknown, string, string]>([
  ['HTTP 401', (r) => r.writeHead(401).end(`bad key ${apiKey}`), 'TerminalProviderError', 'bad-request'],
  ['HTTP 404', (r) => r.writeHead(404).end('<html>'), 'TerminalProviderError', 'bad-request'],
  ['HTTP 429', (r) => r.writeHead(429).end(), 'RetryableProviderError', 'rate-limited'],
  ['HTTP 500', (r) => r.writeHead(500).end(), 'RetryableProviderError', 'unavailable'],
  [
    'a web page',
    (r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    'TerminalProviderError',
    'bad-request',
  ],
  ['nothing', () => undefined, 'RetryableProviderError', 'timeout'],
  ['headers only', (r) => stream()(r).flushHeaders(), 'RetryableProviderError', 'timeout'],
  ['an empty answer', (r) => stream('data: [DONE]\n\n')(r).end(), 'TerminalProviderError', 'bad-request'],
  ['an emoji', (r) => stream(piece('🙂'))(r).end(), 'TerminalProviderError', 'bad-request'],
  ['rubbish', (r) => stream('data: {"cho\n\n')(r).end(), 'RetryableProviderError', 'bad-response'],
  [
    'an error in the stream',
    (r) => stream(`data: {"error":{"message":"${apiKey}"}}\n\n`)(r).end(),
    'RetryableProviderError',
    'unavailable',
  ],
  ['a cut connection', (r) => r.socket?.destroy(), 'RetryableProviderError', 'network'],
])('has a clear error for %s', async ([, answer, name, code]) => {
  await using server = await startServer(answer);
  const error = await sentences(server).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ name, code });
  expect(`${String(error)}${JSON.stringify(error)}`).not.toContain(apiKey);
});

test('stops at once when it is aborted, and hangs up', async () => {
  await using server = await startServer(stream(piece('Sunny. W')));
  const controller = new AbortController();
  const answer = reply(server.responder, { turns, signal: controller.signal }, { logger });
  await answer.next();
  controller.abort();
  await expect(answer.next()).rejects.toMatchObject({ code: 'cancelled' });
  await vi.waitUntil(() => server.sockets.size === 0);
});

test('reads no answer without end', async () => {
  await using server = await startServer((response) => {
    stream()(response);
    const more = () => {
      while (response.write(piece('And so on. ')));
    };
    response.on('drain', more);
    more();
  });
  expect((await sentences(server)).length).toBeLessThan(500);
});
