import { HeyGenClient, parseVendorEvent, RetryableError, TerminalError } from '@avatar-bridge/heygen-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiKey, Double } from '../double.ts';
import { TimedMedia } from '../timed-media.ts';

let double: Double;
let client: HeyGenClient;
beforeAll(async () => {
  double = await Double.start({ limits: { concurrency: 2 } });
  client = new HeyGenClient({ apiKey, baseUrl: double.url, maxRetries: 0 });
});
afterAll(async () => {
  await client.close();
  await double.simulator.close();
});

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(() => undefined).catch((error: unknown) => error);

describe('the typed client', () => {
  it('runs a whole session', async () => {
    const token = await client.createToken();
    const session = await client.newSession(
      { avatarId: 'Wayne_20240711', quality: 'high', videoEncoding: 'H264' },
      { token },
    );
    expect(session.durationLimit).toBe(600_000);
    await client.start(session.sessionId, { token });
    await double.until(session.sessionId, ({ state }) => state === 'connected');
    const media = TimedMedia.all.at(-1)!;

    const silences: number[] = [];
    const chat = await client.openChat({
      sessionId: session.sessionId,
      token,
      onEvent: (event) => event.type === 'user_silence' && silences.push(event.silenceTimes ?? 0),
    });
    await double.admin('POST', `/sessions/${session.sessionId}/user`, {
      event: 'user_silence',
      silenceTimes: 4,
    });
    await expect.poll(() => silences).toEqual([4]);

    const task = await client.task(session.sessionId, {
      text: 'Hello!',
      taskType: 'repeat',
      taskMode: 'sync',
    });
    expect(task.durationMs).toBe(6);
    const events = media.sent.map((message) => parseVendorEvent(JSON.stringify(message))?.type);
    expect(events).toEqual([
      'avatar_talking_message',
      'avatar_start_talking',
      'avatar_stop_talking',
      'avatar_end_message',
    ]);

    await client.keepAlive(session.sessionId);
    await client.interrupt(session.sessionId);
    await client.startListening(session.sessionId);
    await client.stopListening(session.sessionId);
    expect(await client.list()).toMatchObject([{ sessionId: session.sessionId, status: 'connected' }]);
    await client.stop(session.sessionId);
    expect(await client.list()).toEqual([]);
    expect((await client.history()).sessions[0]).toMatchObject({
      sessionId: session.sessionId,
      status: 'closed',
    });
    await chat.close();
  });

  it('lists avatars and knowledge bases', async () => {
    expect((await client.listAvatars()).length).toBeGreaterThan(3);
    await client.createKnowledgeBase({ name: 'a', opening: 'b', prompt: 'c' });
    expect(await client.listKnowledgeBases()).toMatchObject([{ name: 'a', opening: 'b', prompt: 'c' }]);
  });

  it('knows the errors of the double by what to do next', async () => {
    const stranger = new HeyGenClient({ apiKey: 'wrong', baseUrl: double.url, maxRetries: 0 });
    expect(await failure(stranger.createToken())).toMatchObject({ code: 'unauthorized', vendorCode: 400112 });
    expect(await failure(client.newSession({ avatarId: 'Nobody_public' }))).toMatchObject({
      code: 'unknown-avatar',
    });
    const { sessionId } = await client.newSession();
    const early = await failure(client.task(sessionId, { text: 'hi', taskType: 'repeat' }));
    expect(early).toBeInstanceOf(RetryableError);
    expect(early).toMatchObject({ code: 'not-ready', vendorCode: 400006 });
    await client.newSession();
    expect(await failure(client.newSession())).toMatchObject({ code: 'concurrency-limit' });
    expect(
      await failure(client.task(sessionId, { text: 'x'.repeat(1_001), taskType: 'repeat' })),
    ).toBeInstanceOf(Error);
    await double.admin('POST', '/faults', {
      kind: 'refuse',
      path: '/v1/streaming.list',
      status: 429,
      message: 'slow down',
      retryAfter: 2,
    });
    expect(await failure(client.list())).toMatchObject({ code: 'rate-limited', retryAfter: 2_000 });
    await double.admin('POST', '/faults', { kind: 'refuse', path: '/v1/streaming.list', error: 'forbidden' });
    expect(await failure(client.list())).toBeInstanceOf(TerminalError);
  });
});
