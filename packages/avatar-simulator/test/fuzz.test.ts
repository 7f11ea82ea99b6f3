import { connect as connectTcp } from 'node:net';
import { endpoints as liveAvatar } from '@avatar-bridge/heygen-client/liveavatar';
import { endpoints as v1 } from '@avatar-bridge/heygen-client';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rawRequests, sendRaw } from '../../../test/setup/raw-requests.ts';
import { AudioClient } from './audio-client.ts';
import { apiKey, Double } from './double.ts';
import { avatarId, connect, lite } from './liveavatar/live-double.ts';
import { ChatClient } from './v1/chat-client.ts';

const seed = 20_261_127;
const inFlight = 16;

let double: Double;
beforeAll(async () => {
  double = await Double.start({ limits: { concurrency: 10_000 } });
});
afterAll(() => double.simulator.close());

const paths = [
  ...Object.values(v1),
  ...Object.values(liveAvatar),
  `/v1/sessions/${avatarId}`,
  `/v1/sessions/${avatarId}/transcript`,
  `/v1/contexts/${avatarId}`,
  '/v1/ws/x',
  '/v2-alpha/interactive-avatar/session/x',
  '/model/v1/chat/completions',
  '/admin/sessions',
  '/admin/account',
  '/admin/requests',
];

async function inParallel<T>(work: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const next = work.values();
  const run = async (): Promise<void> => {
    for (const one of next) await act(one);
  };
  await Promise.all(Array.from({ length: inFlight }, run));
}

test('any bytes leave the port alive, and are answered no 5xx', async () => {
  const requests = fc.sample(rawRequests(paths, { 'X-Api-Key': apiKey }), { seed, numRuns: 5_000 });
  const unexpected: string[] = [];
  let answered = 0;
  await inParallel(requests, async (bytes) => {
    const statuses = await sendRaw(double.url, bytes, { waitMs: 150 });
    answered += statuses.length;
    if (statuses.some((status) => status >= 500))
      unexpected.push(`${statuses.join()} to ${JSON.stringify(bytes.toString('latin1'))}`);
  });
  expect(unexpected.slice(0, 10)).toEqual([]);
  expect(answered).toBeGreaterThan(requests.length / 2);
}, 120_000);

describe('any JSON', () => {
  const member = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(avatarId, 'FULL', 'LITE', 'CUSTOM', 'v2', -1, 1e308, true, null, {}, []),
  );
  const body = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.record(
      {
        mode: member,
        avatar_id: fc.oneof(fc.constant(avatarId), member),
        avatar_persona: member,
        voice_agent: member,
        livekit_config: member,
        video_settings: member,
        max_session_duration: member,
        dynamic_variables: member,
        session_id: member,
        session_token: member,
        reason: member,
        version: member,
        voice: member,
        quality: member,
        text: member,
        name: member,
        prompt: member,
        opening_text: member,
        event: member,
        credits: member,
      },
      { requiredKeys: [] },
    ),
  );

  test('is answered no 5xx', async () => {
    const posts = [...Object.values(v1), ...Object.values(liveAvatar), '/admin/account', '/admin/switches'];
    const requests = fc.sample(fc.tuple(fc.constantFrom(...posts), body), { seed, numRuns: 2_000 });
    const unexpected: string[] = [];
    await inParallel(requests, async ([path, value]) => {
      const { status } = await double.post(path, value);
      if (status >= 500) unexpected.push(`${status} ${path} ${JSON.stringify(value)}`);
    });
    expect(unexpected.slice(0, 10)).toEqual([]);
  }, 60_000);
});

test('huge and deeply nested bodies are refused', async () => {
  const post = (body: string): Promise<Response> =>
    fetch(`${double.url}${liveAvatar.token}`, {
      method: 'POST',
      headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
      body,
    });
  const head = `POST ${liveAvatar.token} HTTP/1.1\r\nHost: x\r\nX-Api-Key: ${apiKey}\r\nContent-Length: 3000000`;
  const huge = Buffer.from(`${head}\r\nConnection: close\r\n\r\n${'x'.repeat(3_000_000)}`);
  expect(await sendRaw(double.url, huge, { waitMs: 2_000 })).toEqual([413]);
  expect((await post('['.repeat(400_000))).status).toBe(422);
  expect((await post('{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000))).status).toBe(422);
  expect((await post(`{"__proto__":{"mode":"LITE"},"constructor":1}`)).status).toBe(422);
});

describe('a WebSocket', () => {
  /** Bytes after the upgrade: frames that are none, odd masks, lengths and opcodes. */
  const frames = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(
        fc.integer({ min: 0, max: 255 }),
        fc.integer({ min: 0, max: 255 }),
        fc.uint8Array({ maxLength: 150 }),
      )
      .map(([first, second, rest]) => Uint8Array.from([first, second, ...rest])),
  );

  async function upgraded(url: string, bytes: Uint8Array): Promise<void> {
    const { hostname, port, pathname, search } = new URL(url);
    const socket = connectTcp({ host: hostname, port: Number(port) });
    const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.on('data', () => undefined);
    const head = [
      `GET ${pathname}${search} HTTP/1.1`,
      'Host: localhost',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ];
    socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes]));
    const leave = setTimeout(() => socket.destroy(), 150);
    await closed;
    clearTimeout(leave);
  }

  test('of LITE and of the chat survives any frame', async () => {
    const { ws_url: audioUrl } = await connect(double, lite);
    const { id } = await double.connected();
    const chat = await ChatClient.open(double, id);
    for (const url of [audioUrl!, chat.socket.url]) {
      const samples = fc.sample(frames, { seed, numRuns: 500 });
      await inParallel(samples, (bytes) => upgraded(url, bytes));
    }
    await using client = await AudioClient.connected(audioUrl!);
    const eventId = client.speak(50);
    client.end();
    expect(await client.until('agent.speak_started')).toMatchObject({ source_event_id: eventId });
  }, 60_000);

  test('of LITE answers any text, and goes on', async () => {
    const { ws_url: url } = await connect(double, lite);
    await using client = await AudioClient.connected(url!);
    const types = ['agent.speak', 'agent.speak_end', 'agent.interrupt', 'session.keep_alive', 'start'];
    const message = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 100 }),
      fc.json(),
      fc
        .record({
          type: fc.constantFrom(...types),
          audio: fc.oneof(fc.jsonValue(), fc.base64String()),
          event_id: fc.oneof(fc.jsonValue(), fc.uuid()),
        })
        .map((value) => JSON.stringify(value)),
    );
    for (const text of fc.sample(message, { seed, numRuns: 2_000 })) client.send(text);
    client.interrupt('last');
    await client.until('agent.audio_buffer_cleared');
    client.speak(50, 'after');
    client.end();
    await expect
      .poll(() =>
        client.told.some(({ type, source_event_id: id }) => type === 'agent.speak_ended' && id === 'after'),
      )
      .toBe(true);
  }, 60_000);
});
