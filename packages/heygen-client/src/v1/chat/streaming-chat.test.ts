import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import { expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { HeyGenClient } from '../client.ts';
import { refuse, type SocketBehaviour, startSocketServer } from '../../testing/socket-server.ts';
import { CancelledError, RetryableError, TerminalError } from '../../core/errors.ts';
import type { VendorEvent } from '../events/vendor-event.ts';
import { decodeFrame } from '../wire/index.ts';
import type { ChatEnd } from './streaming-chat.ts';

async function startChatServer(behaviour: SocketBehaviour) {
  const server = await startSocketServer(behaviour);
  const client = new HeyGenClient({ apiKey: 'secret-key-0123456789', baseUrl: `http://${server.host}` });
  return { client, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const asked = { sessionId: 's', token: 'tok-en+/=' };
const failed = (opening: Promise<unknown>) => opening.then(() => undefined).catch((error: unknown) => error);

test('the query holds what was asked for and nothing else', async () => {
  const url = Promise.withResolvers<string>();
  await using server = await startChatServer({ onSocket: (_ws, request) => url.resolve(request.url ?? '') });
  const chat = await server.client.openChat({ ...asked, openingText: 'Hello & welcome', sttLanguage: 'en' });
  const parsed = new URL(await url.promise, 'http://x');
  expect(parsed.pathname).toBe('/v1/ws/streaming.chat');
  expect(Object.fromEntries(parsed.searchParams)).toEqual({
    session_id: 's',
    session_token: 'tok-en+/=',
    silence_response: 'false',
    opening_text: 'Hello & welcome',
    stt_language: 'en',
  });
  await chat.close();
});

test('events sent right behind the handshake are not lost, with their raw payloads and in order', async () => {
  await using server = await startChatServer({
    onSocket: (ws) => {
      ws.send('{"event_type":"user_start"}');
      ws.send('not json');
      ws.send('{"event_type":"user_silence","silence_times":1,"count_down":5,"more":true}');
      ws.send(Buffer.from('{"type":"avatar_start_talking","task_id":"t"}'));
    },
  });
  const events: VendorEvent[] = [];
  const unreadable: string[] = [];
  await using chat = await server.client.openChat({
    ...asked,
    onEvent: (e) => events.push(e),
    onUnreadable: (p) => unreadable.push(p),
  });
  await vi.waitFor(() => expect(events).toHaveLength(3));
  expect(events.map((e) => e.type)).toEqual(['user_start', 'user_silence', 'avatar_start_talking']);
  expect(events[1]?.raw).toEqual({ event_type: 'user_silence', silence_times: 1, count_down: 5, more: true });
  expect(unreadable).toEqual(['not json']);
  expect(chat.open).toBe(true);
});

test('a listener that throws takes nothing with it', async () => {
  await using server = await startChatServer({
    onSocket: (ws) => {
      ws.send('{"event_type":"user_start"}');
      ws.send('{"event_type":"user_stop"}');
    },
  });
  const types: string[] = [];
  const onEvent = (event: VendorEvent) => {
    types.push(event.type);
    throw new Error('mine');
  };
  await using chat = await server.client.openChat({ ...asked, onEvent });
  await vi.waitFor(() => expect(types).toEqual(['user_start', 'user_stop']));
  expect(chat.open).toBe(true);
});

test('texts and audio arrive as the frames of the vendor', async () => {
  const received: unknown[] = [];
  await using server = await startChatServer({
    onSocket: (ws) => ws.on('message', (data: Buffer) => received.push(decodeFrame(data))),
  });
  await using chat = await server.client.openChat(asked);
  await chat.sendText('How are you?');
  await chat.sendAudio(new Uint8Array([1, 2, 3, 4]));
  await vi.waitFor(() => expect(received).toHaveLength(2));
  expect(received).toMatchObject([
    { kind: 'text', text: 'How are you?' },
    { kind: 'audio', sampleRate: 16_000, numChannels: 1 },
  ]);
});

test.each([
  [
    'the vendor closes',
    (ws: WebSocket) => ws.close(4001, 'session over'),
    { by: 'vendor', code: 4001, reason: 'session over' },
  ],
  ['the connection breaks', (ws: WebSocket) => ws.terminate(), { by: 'network', code: 1006 }],
  [
    'the vendor sends what no WebSocket says',
    (_ws: WebSocket, socket: Socket) => socket.write(Buffer.from([0xff, 0xff, 0xff])),
    { by: 'network' },
  ],
])('when %s the end is told once, and sending is refused', async (_name, end, expected) => {
  await using server = await startChatServer({
    onSocket: (ws, request) => setImmediate(end, ws, request.socket),
  });
  const ends: ChatEnd[] = [];
  const over = Promise.withResolvers<void>();
  const chat = await server.client.openChat({
    ...asked,
    onClose: (e) => {
      ends.push(e);
      over.resolve();
    },
  });
  await over.promise;
  await chat.close('again');
  await chat.close('and again');
  expect(ends).toHaveLength(1);
  expect(ends[0]).toMatchObject(expected);
  expect(chat.open).toBe(false);
  await expect(chat.sendText('anybody?')).rejects.toBeInstanceOf(RetryableError);
});

test('close tells the reason, may be called twice, and does not wait for a vendor that never answers', async () => {
  await using server = await startChatServer({
    onSocket: (_ws, request) => request.socket.pause(),
  });
  const ends: ChatEnd[] = [];
  const chat = await server.client.openChat({ ...asked, onClose: (e) => ends.push(e) });
  const startedAt = performance.now();
  await Promise.all([chat.close('x'.repeat(300)), chat.close('second')]);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(ends).toEqual([{ by: 'client', code: 1000, reason: 'x'.repeat(300) }]);
});

test('a refused socket says why, without the token', async () => {
  await using server = await startChatServer({
    onUpgrade: refuse(401, { code: 400112, message: 'Unauthorized tok-en+/=' }),
  });
  const error = await failed(server.client.openChat(asked));
  expect(error).toBeInstanceOf(TerminalError);
  expect(error).toMatchObject({ code: 'unauthorized', status: 401, vendorCode: 400112 });
  expect(inspect(error)).not.toContain('tok-en');
});

test('a vendor in trouble is a reason to try again', async () => {
  await using server = await startChatServer({ onUpgrade: refuse(503, {}) });
  expect(await failed(server.client.openChat(asked))).toMatchObject({
    name: 'RetryableError',
    code: 'unavailable',
  });
  await using cutting = await startChatServer({ onUpgrade: (socket) => socket.resetAndDestroy() });
  expect(await failed(cutting.client.openChat(asked))).toMatchObject({
    code: 'network',
    message: expect.stringContaining('ECONNRESET'),
  });
});

test('a handshake that is never answered ends with the timeout or with the abort', async () => {
  await using server = await startChatServer({ onUpgrade: () => {} });
  expect(await failed(server.client.openChat({ ...asked, timeout: 100 }))).toMatchObject({ code: 'timeout' });
  const cancel = new AbortController();
  const opening = failed(server.client.openChat({ ...asked, signal: cancel.signal }));
  setTimeout(() => cancel.abort(), 50);
  expect(await opening).toBeInstanceOf(CancelledError);
  expect(await failed(server.client.openChat({ ...asked, signal: AbortSignal.abort() }))).toBeInstanceOf(
    CancelledError,
  );
});
