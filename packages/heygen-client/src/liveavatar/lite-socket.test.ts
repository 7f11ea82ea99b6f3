import { isUtf8 } from 'node:buffer';
import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { CancelledError, RetryableError } from '../core/errors.ts';
import type { SocketEnd } from '../core/socket.ts';
import { refuse, startSocketServer } from '../testing/socket-server.ts';
import type { LiteEvent } from './lite-event.ts';
import { openLiteSocket } from './lite-socket.ts';
import { LiteCommand, maxLiteMessageBytes } from './wire/index.ts';

const connected = JSON.stringify({ type: 'session.state_updated', state: 'connected' });
const failed = (opening: Promise<unknown>) => opening.then(() => undefined).catch((error: unknown) => error);

/** A vendor that is connected at once and keeps what it is told. */
async function startVendor(onSocket: (socket: WebSocket, raw: Socket) => void = () => {}) {
  const received: LiteCommand[] = [];
  const sizes: number[] = [];
  const server = await startSocketServer({
    onSocket: (socket, request) => {
      socket.on('message', (data: Buffer) => {
        sizes.push(data.length);
        received.push(LiteCommand.parse(JSON.parse(data.toString())));
      });
      socket.send(connected);
      onSocket(socket, request.socket);
    },
  });
  return {
    url: `ws://${server.host}/v1/ws/secret-path-token`,
    received,
    sizes,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

test('resolves when the vendor is connected, and not when the socket is open', async () => {
  const ready = Promise.withResolvers<WebSocket>();
  await using server = await startSocketServer({ onSocket: (socket) => ready.resolve(socket) });
  const states: string[] = [];
  const opening = openLiteSocket({
    url: `ws://${server.host}`,
    onEvent: (event) => states.push(event.type === 'session.state_updated' ? event.state : event.type),
  });
  const socket = await ready.promise;
  socket.send(JSON.stringify({ type: 'session.state_updated', state: 'connecting' }));
  await vi.waitFor(() => expect(states).toEqual(['connecting']));
  expect(await Promise.race([opening, Promise.resolve('not yet')])).toBe('not yet');
  socket.send(connected);
  await using lite = await opening;
  expect(lite.open).toBe(true);
  expect(states).toEqual(['connecting', 'connected']);
});

test('sends an utterance with one id, its sound unchanged, in messages below the limit', async () => {
  await using vendor = await startVendor();
  await using lite = await openLiteSocket({ url: vendor.url });
  const sound = Buffer.alloc(1_500_002, 'a voice that is heard');
  await lite.speak('u1', sound.subarray(0, 10));
  await lite.speak('u1', sound.subarray(10));
  await lite.speak('u1', new Uint8Array());
  await lite.endSpeech('u1');
  await lite.interrupt('u1');
  await lite.startListening('l');
  await lite.stopListening('l');
  await lite.keepAlive('k');
  await vi.waitFor(() => expect(vendor.received.at(-1)?.type).toBe('session.keep_alive'));
  const spoken = vendor.received.filter((command) => command.type === 'agent.speak');
  expect(Buffer.concat(spoken.map(({ audio }) => Buffer.from(audio, 'base64'))).equals(sound)).toBe(true);
  expect(new Set(spoken.map(({ event_id }) => event_id))).toEqual(new Set(['u1']));
  expect(Math.max(...vendor.sizes)).toBeLessThan(maxLiteMessageBytes);
  expect(vendor.received.slice(spoken.length)).toEqual([
    { type: 'agent.speak_end', event_id: 'u1' },
    { type: 'agent.interrupt', event_id: 'u1' },
    { type: 'agent.start_listening', event_id: 'l' },
    { type: 'agent.stop_listening', event_id: 'l' },
    { type: 'session.keep_alive', event_id: 'k' },
  ]);
});

test('rejects half a sample', async () => {
  await using vendor = await startVendor();
  await using lite = await openLiteSocket({ url: vendor.url });
  expect(await failed(lite.speak('u', new Uint8Array(3)))).toMatchObject({ code: 'bad-request' });
  expect(vendor.received).toEqual([]);
});

test('correlates answers by source_event_id, or by an event_id that is ours', async () => {
  const about = (fields: object) => JSON.stringify({ type: 'agent.speak_started', ...fields });
  await using vendor = await startVendor((socket) =>
    socket.on('message', () => {
      socket.send(about({ event_id: 'fresh', source_event_id: 'u1' }));
      socket.send(about({ event_id: 'u1' }));
      socket.send(about({ event_id: 'theirs' }));
    }),
  );
  const ids: (string | undefined)[] = [];
  const onEvent = (event: LiteEvent) => event.type === 'agent.speak_started' && ids.push(event.sourceEventId);
  await using lite = await openLiteSocket({ url: vendor.url, onEvent });
  await lite.speak('u1', new Uint8Array(2));
  await vi.waitFor(() => expect(ids).toEqual(['u1', 'u1', undefined]));
});

test.each([
  [
    'the vendor closes',
    (ws: WebSocket) => ws.close(4001, 'over'),
    { by: 'vendor', code: 4001, reason: 'over' },
  ],
  ['the connection breaks', (ws: WebSocket) => ws.terminate(), { by: 'network', code: 1006 }],
  [
    'the vendor sends what no WebSocket says',
    (_ws: WebSocket, raw: Socket) => raw.write(Buffer.from([0xff, 0xff, 0xff])),
    { by: 'network' },
  ],
  ['the vendor sends too much', (ws: WebSocket) => ws.send('x'.repeat(1_100_000)), { by: 'network' }],
])('when %s it calls onClose once and rejects what is sent', async (_name, end, expected) => {
  await using vendor = await startVendor((ws, raw) => setTimeout(end, 50, ws, raw));
  const ends: SocketEnd[] = [];
  const lite = await openLiteSocket({ url: vendor.url, onClose: (e) => ends.push(e) });
  await vi.waitFor(() => expect(ends).toHaveLength(1));
  await lite.close('again');
  await lite.close('and again');
  expect(ends).toHaveLength(1);
  expect(ends[0]).toMatchObject(expected);
  expect(await failed(lite.speak('u', new Uint8Array(2)))).toMatchObject({ code: 'network' });
});

test('tells of a close that comes right after connected', async () => {
  await using vendor = await startVendor((ws) => ws.close(4002));
  const ends: SocketEnd[] = [];
  await openLiteSocket({ url: vendor.url, onClose: (e) => ends.push(e) });
  await vi.waitFor(() => expect(ends).toMatchObject([{ by: 'vendor', code: 4002 }]));
});

test('rejects when the vendor closes before it is connected, and calls no onClose', async () => {
  await using server = await startSocketServer({ onSocket: (ws) => ws.close(1011, 'busy') });
  const ends: SocketEnd[] = [];
  const error = await failed(openLiteSocket({ url: `ws://${server.host}`, onClose: (e) => ends.push(e) }));
  expect(error).toBeInstanceOf(RetryableError);
  expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('1011: busy') });
  expect(ends).toEqual([]);
});

test('gives up at the timeout, or when it is aborted, if the vendor never is connected', async () => {
  const closed = Promise.withResolvers<void>();
  await using server = await startSocketServer({ onSocket: (ws) => ws.on('close', () => closed.resolve()) });
  const url = `ws://${server.host}`;
  expect(await failed(openLiteSocket({ url, timeout: 100 }))).toMatchObject({ code: 'timeout' });
  await closed.promise;
  const cancel = new AbortController();
  const opening = failed(openLiteSocket({ url, signal: cancel.signal }));
  setTimeout(() => cancel.abort(), 50);
  expect(await opening).toBeInstanceOf(CancelledError);
});

test('says why a socket is refused, and shows its URL in no error', async () => {
  await using server = await startSocketServer({
    onUpgrade: refuse(401, { code: 4010, message: 'no: /v1/ws/secret-path-token' }),
  });
  const url = `ws://${server.host}/v1/ws/secret-path-token`;
  const errors = [
    await failed(openLiteSocket({ url })),
    await failed(openLiteSocket({ url: 'ws://127.0.0.1:1/secret-path-token' })),
    await failed(openLiteSocket({ url: 'secret-path-token' })),
    await failed(openLiteSocket({ url: 'http://x/secret-path-token' })),
  ];
  expect(errors).toMatchObject([
    { code: 'unauthorized' },
    { code: 'network' },
    { code: 'bad-request' },
    { code: 'bad-request' },
  ]);
  expect(inspect(errors, { depth: 9 })).not.toContain('secret-path-token');
});

test('rejects sound when a minute of it waits for the network', async () => {
  await using vendor = await startVendor((_ws, raw) => raw.pause());
  await using lite = await openLiteSocket({ url: vendor.url });
  const sends = Array.from({ length: 40 }, () => failed(lite.speak('u', new Uint8Array(240_000))));
  const refused = await Promise.all(sends.slice(-5));
  expect(refused[0]).toMatchObject({ name: 'RetryableError', code: 'unavailable' });
});

test('survives whatever the vendor sends, and listeners that throw', async () => {
  const messages = fc.sample(
    fc.oneof(
      fc.string().map((text) => Buffer.from(text)),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .record({ type: fc.constantFrom('error', 'agent.speak_ended', 'agent.state_updated') })
        .map((message) => Buffer.from(JSON.stringify(message))),
    ),
    300,
  );
  await using vendor = await startVendor((socket) => {
    for (const message of messages) socket.send(message, { binary: !isUtf8(message) });
  });
  let heard = 0;
  const listener = () => {
    heard++;
    throw new Error('mine');
  };
  await using lite = await openLiteSocket({ url: vendor.url, onEvent: listener, onUnreadable: listener });
  await vi.waitFor(() => expect(heard).toBe(messages.length + 1));
  expect(lite.open).toBe(true);
  await lite.endSpeech('u');
  await vi.waitFor(() => expect(vendor.received).toHaveLength(1));
});
