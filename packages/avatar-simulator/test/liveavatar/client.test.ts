import { HeyGenClient } from '@avatar-bridge/heygen-client';
import {
  encodeControl,
  LiveAvatarClient,
  type LiteEvent,
  openLiteSocket,
  parseResponse,
  RetryableError,
  type SocketEnd,
  TerminalError,
} from '@avatar-bridge/heygen-client/liveavatar';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { apiKey, Double } from '../double.ts';
import { avatarId, sandboxAvatarId } from './live-double.ts';
import { RoomGuest } from './room-guest.ts';

let double: Double;
let client: LiveAvatarClient;
beforeAll(async () => {
  double = await Double.start();
  client = new LiveAvatarClient({ apiKey, baseUrl: double.url, maxRetries: 0 });
});
beforeEach(async () => {
  await double.admin('POST', '/reset');
});
afterAll(async () => {
  await client.close();
  await double.simulator.close();
});

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(() => undefined).catch((error: unknown) => error);

test('the client runs a FULL session', async () => {
  const context = { name: 'host', prompt: 'You host a quiz.', openingText: 'Welcome.' };
  const { contextId } = await client.contexts.create(context);
  const { sessionId, token } = await client.createToken({
    mode: 'FULL',
    avatarId,
    contextId,
    quality: 'high',
    maxDurationSeconds: 300,
  });
  const started = await client.start(token);
  expect(started).toMatchObject({ sessionId, durationLimitMs: 300_000, socketUrl: undefined });
  await using guest = await RoomGuest.join({
    session_id: sessionId,
    livekit_url: started.url!,
    livekit_client_token: started.accessToken!,
    max_session_duration: 300,
  });
  await guest.until('avatar.speak_ended');
  await guest.send(encodeControl({ type: 'avatar.speak_text', text: 'Hello there.', eventId: 'line-1' }));
  await guest.until('avatar.speak_ended', 2);
  const events = guest.events.map((event) => parseResponse(JSON.stringify(event)));
  expect(events.at(-1)).toMatchObject({ type: 'avatar.speak_ended', sourceEventId: 'line-1' });
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'avatar.transcription', text: 'Hello there.' }),
  );

  expect((await client.list()).items).toMatchObject([{ sessionId, mode: 'FULL' }]);
  await client.keepAlive(sessionId, { token });
  expect((await client.transcript(sessionId)).entries.map(({ text }) => text)).toContain('Hello there.');
  await client.stop(sessionId, { token, reason: 'USER_DISCONNECTED' });
  const stopped = await guest.until('session.stopped');
  expect(parseResponse(JSON.stringify(stopped))).toMatchObject({ reason: 'USER_DISCONNECTED' });
  expect(await client.get(sessionId)).toMatchObject({ endReason: 'USER_DISCONNECTED', creditsConsumed: 2 });
  expect(await client.list()).toMatchObject({ items: [], total: 0 });
  await client.deleteEvents(sessionId);
  await client.contexts.update(contextId, { ...context, openingText: 'Hi.' });
  expect(await client.contexts.get(contextId)).toMatchObject({ openingText: 'Hi.' });
  await client.contexts.delete(contextId);
  expect((await client.contexts.list()).items).toEqual([]);
});

test('the client runs a LITE session', async () => {
  const { sessionId, token } = await client.createToken({ mode: 'LITE', avatarId });
  const { socketUrl } = await client.start(token);
  const events: LiteEvent[] = [];
  const ends: SocketEnd[] = [];
  const socket = await openLiteSocket({
    url: socketUrl!,
    onEvent: (event) => events.push(event),
    onClose: (end) => ends.push(end),
  });
  const typesOf = (id: string) =>
    events.flatMap((event) => ('sourceEventId' in event && event.sourceEventId === id ? [event.type] : []));
  await socket.speak('line-1', new Uint8Array(9_600));
  await socket.endSpeech('line-1');
  await expect.poll(() => typesOf('line-1')).toContain('agent.speak_ended');
  expect(typesOf('line-1')).toContain('agent.audio_buffer_appended');

  await socket.speak('line-2', new Uint8Array(480_000));
  await expect.poll(() => typesOf('line-2')).toContain('agent.speak_started');
  await socket.interrupt('stop');
  await expect.poll(() => typesOf('stop')).toContain('agent.audio_buffer_cleared');
  await socket.keepAlive('alive');
  await client.stop(sessionId);
  await expect.poll(() => ends).toMatchObject([{ by: 'vendor' }]);
  expect(events.filter(({ type }) => type === 'unknown' || type === 'error')).toEqual([]);
});

test('the client says what the vendor minds', async () => {
  const lite = { mode: 'LITE', avatarId } as const;
  const wrongKey = new LiveAvatarClient({ apiKey: 'another-key', baseUrl: double.url });
  const foreignVoice = await client.createToken({ mode: 'FULL', avatarId, voiceId: sandboxAvatarId });
  const cases: [() => Promise<unknown>, string, string][] = [
    [() => wrongKey.createToken(lite), 'unauthorized', 'LIVEAVATAR_API_KEY'],
    [() => client.start('no-token'), 'unauthorized', 'session token'],
    [() => client.createToken({ ...lite, avatarId: 'Wayne' }), 'bad-request', 'avatar_id'],
    [() => client.createToken({ ...lite, sandbox: true }), 'unknown-avatar', 'sandbox mode'],
    [() => client.createToken({ ...lite, maxDurationSeconds: 9_000 }), 'bad-request', '(9000s) exceeds'],
    [() => client.start(foreignVoice.token), 'bad-request', 'Voice not found'],
    [() => client.get(sandboxAvatarId), 'session-closed', 'is gone'],
  ];
  for (const [call, code, words] of cases) {
    const error = await failure(call());
    expect(error).toBeInstanceOf(TerminalError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
  }
  await wrongKey.close();
});

test('a free account has one session and ten credits', async () => {
  await using free = (await Double.start({ plan: 'free' })).simulator;
  await using client = new LiveAvatarClient({ apiKey, baseUrl: free.url, maxRetries: 0 });
  const start = async () => {
    const { sessionId, token } = await client.createToken({ mode: 'FULL', avatarId });
    await client.start(token);
    return sessionId;
  };
  const first = await start();
  const second = await failure(start());
  expect(second).toBeInstanceOf(RetryableError);
  expect(second).toMatchObject({ code: 'concurrency-limit', vendorCode: 4003 });
  await client.stop(first);
  for (let left = await client.credits(); left >= 2; left = await client.credits())
    await client.stop(await start());
  expect(await failure(start())).toMatchObject({ code: 'no-credits', vendorCode: 4033 });
});

test('v1 that was switched off says what to use instead', async () => {
  await double.admin('PATCH', '/switches', { sunset: 'on' });
  await using v1 = new HeyGenClient({ apiKey, baseUrl: double.url });
  expect(await failure(v1.newSession())).toMatchObject({
    name: 'TerminalError',
    code: 'sunset',
    message: expect.stringContaining('liveavatar-full'),
  });
});
