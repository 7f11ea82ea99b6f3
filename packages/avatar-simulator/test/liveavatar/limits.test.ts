import { describe, expect, test, vi } from 'vitest';
import { AudioClient } from '../audio-client.ts';
import { Double } from '../double.ts';
import { avatarId, connect, dataOf, full, lite, mint, sandboxAvatarId, start } from './live-double.ts';

const ended = (double: Double, id: string) => double.until(id, ({ state }) => state === 'closed');

describe('a plan', () => {
  test.each([
    ['free', 120, '10.00'],
    ['starter', 300, '200.00'],
    ['essential', 1_200, '1100.00'],
    ['business', 3_600, '6000.00'],
  ] as const)('named %s', async (plan, seconds, credits) => {
    await using double = await Double.start({ plan });
    expect(await start(double, lite)).toMatchObject({ max_session_duration: seconds });
    expect(dataOf(await double.get('/v1/users/credits'))).toEqual({
      credits_left: (Number(credits) - 1).toFixed(2),
    });
    expect(
      (await double.post('/v1/sessions/token', { ...lite, max_session_duration: seconds + 1 })).status,
    ).toBe(400);
  });

  test('that is free has one session at a time; those that were not started do not count', async () => {
    await using double = await Double.start({ plan: 'free' });
    const first = await start(double);
    const { session_token: token } = await mint(double);
    expect(await double.post('/v1/sessions/start', {}, { token })).toMatchObject({
      status: 403,
      body: { code: 4003, message: 'Session concurrency limit reached' },
    });
    await double.post('/v1/sessions/stop', { session_id: first.session_id });
    expect((await double.post('/v1/sessions/start', {}, { token })).status).toBe(201);
  });
});

describe('a session over its time limit', () => {
  test('ends, and says so', async () => {
    await using double = await Double.start({ liveAvatarLimits: { maxSessionDuration: 0.4 } });
    const { session_id: id, ws_url: url } = await connect(double, lite);
    await using client = await AudioClient.connected(url!);
    await client.closed;
    expect(client.told.at(-1)).toMatchObject({ state: 'closed' });
    expect(await ended(double, id)).toMatchObject({
      closeReason: 'duration-limit',
      endReason: 'MAX_DURATION_REACHED',
    });
  });

  test('only goes mute, when the switch says so, until it is stopped', async () => {
    await using double = await Double.start({ liveAvatarLimits: { maxSessionDuration: 0.6 } });
    await double.admin('PATCH', '/switches', { sessionEnd: 'mute' });
    const { session_id: id, ws_url: url } = await connect(double, lite);
    await using client = await AudioClient.connected(url!);
    client.speak(5_000);
    await client.until('agent.speak_started');
    await double.until(id, ({ muted }) => muted === true);
    const told = client.told.length;
    client.speak(100);
    client.end();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(client.told).toHaveLength(told);
    expect((await double.session(id)).tasks).toMatchObject([{ interruptedAt: expect.any(Number) }]);
    await double.post('/v1/sessions/stop', { session_id: id });
    expect(await ended(double, id)).toMatchObject({ closeReason: 'stopped' });
  });

  test('lasts a minute in the sandbox, and costs nothing', async () => {
    await using double = await Double.start({ liveAvatarLimits: { sandboxDuration: 0.3 } });
    const request = { ...full, avatar_id: sandboxAvatarId, is_sandbox: true };
    const { session_id: id } = await start(double, request);
    expect(await ended(double, id)).toMatchObject({ closeReason: 'duration-limit', creditsConsumed: 0 });
  });
});

describe('a session that nobody keeps alive', () => {
  test('is reaped, and keep-alive of either kind or speech put that off', async () => {
    await using double = await Double.start({ liveAvatarLimits: { reapAfter: 0.5 } });
    const kept = await connect(double, lite);
    const silent = await connect(double, lite);
    await using client = await AudioClient.connected(kept.ws_url!);
    for (let turn = 0; turn < 4; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      if (turn % 2 === 0) await double.post('/v1/sessions/keep-alive', { session_id: kept.session_id });
      else client.send({ type: 'session.keep_alive' });
    }
    expect(await double.session(silent.session_id)).toMatchObject({
      closeReason: 'reaped',
      endReason: 'ZOMBIE_SESSION_REAP',
    });
    client.speak(900);
    client.end();
    await client.until('agent.speak_ended');
    expect(await double.session(kept.session_id)).toMatchObject({ state: 'connected' });
  });

  test('that was not started is forgotten when its token expires', async () => {
    await using double = await Double.start({ liveAvatarLimits: { tokenLifetime: 0.2 } });
    const { session_id: id } = await mint(double);
    expect(await ended(double, id)).toMatchObject({ closeReason: 'no-client' });
  });
});

describe('credits', () => {
  test('are taken a minute ahead, 2 for FULL and 1 for LITE, and a session ends without them', async () => {
    await using double = await Double.start({ liveAvatarLimits: { credits: 6, minute: 0.3 } });
    const fullSession = await connect(double);
    const liteSession = await connect(double, lite);
    expect(dataOf(await double.get('/v1/users/credits'))).toEqual({ credits_left: '3.00' });
    const ends = await Promise.all([fullSession, liteSession].map(({ session_id: id }) => ended(double, id)));
    expect(ends[0]).toMatchObject({ closeReason: 'no-credits', endReason: 'NO_CREDITS', creditsConsumed: 4 });
    expect(ends[1]).toMatchObject({ closeReason: 'no-credits' });
  });

  test.each(['at-start', 'at-token'] as const)('that are missing are told %s', async (creditsChecked) => {
    await using double = await Double.start();
    await double.admin('PATCH', '/switches', { creditsChecked });
    await double.admin('PATCH', '/account', { credits: 1 });
    await start(double, lite);
    const minting = await double.post('/v1/sessions/token', full);
    const answer =
      creditsChecked === 'at-token'
        ? minting
        : await double.post(
            '/v1/sessions/start',
            {},
            { token: dataOf<{ session_token: string }>(minting).session_token },
          );
    expect(answer).toMatchObject({
      body: { code: 4033, data: null, message: 'Insufficient credits for session' },
    });
  });

  test('come back when the avatar cannot start', async () => {
    await using double = await Double.start({
      startMedia: () => Promise.reject(new Error('no camera')),
    });
    const { session_id: id } = await start(double);
    expect(await ended(double, id)).toMatchObject({ closeReason: 'media-failed', creditsConsumed: 0 });
    expect(dataOf(await double.get('/v1/users/credits'))).toEqual({ credits_left: '6000.00' });
  });
});

describe('a fault', () => {
  test('refuses as LiveAvatar does, with the headers of a rate limit', async () => {
    await using double = await Double.start();
    const order = (fault: object): Promise<unknown> => double.admin('POST', '/faults', fault);
    for (const [error, status, code] of [
      ['concurrencyLimit', 403, 4003],
      ['unauthorized', 401, 4010],
      ['noCredits', 403, 4033],
    ] as const) {
      await order({ kind: 'refuse', path: '/v1/sessions/token', error });
      expect(await double.post('/v1/sessions/token', full)).toMatchObject({
        status,
        body: { code, data: null, message: expect.any(String) },
      });
    }
    await order({ kind: 'refuse', path: '/v1/sessions/token', error: 'rateLimited', retryAfter: 1 });
    const limited = await double.post('/v1/sessions/token', full);
    expect(limited.status).toBe(429);
    expect(Object.fromEntries(limited.headers)).toMatchObject({
      'retry-after': '1',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': expect.stringMatching(/^\d+$/),
    });
  });

  test('hits one session by its token, its path or its body', async () => {
    await using double = await Double.start();
    const one = await connect(double, lite);
    const other = await connect(double, lite);
    await double.admin('POST', '/faults', {
      kind: 'refuse',
      path: '*',
      sessionId: one.session_id,
      status: 503,
      times: 3,
    });
    const keepAlive = (body: object, token?: string) =>
      double.post('/v1/sessions/keep-alive', body, token === undefined ? undefined : { token });
    expect((await keepAlive({}, other.token)).status).toBe(200);
    expect((await keepAlive({ session_id: other.session_id })).status).toBe(200);
    expect((await keepAlive({}, one.token)).status).toBe(503);
    expect((await keepAlive({ session_id: one.session_id })).status).toBe(503);
    expect((await double.get(`/v1/sessions/${one.session_id}`)).status).toBe(503);
  });

  test('drops a session without a word, stalls its media, keeps its tracks away', async () => {
    await using double = await Double.start();
    const { session_id: id, ws_url: url, media } = await connect(double, lite);
    await using client = await AudioClient.connected(url!);
    await double.admin('POST', '/faults', { kind: 'stall-media', sessionId: id, media: 'video', ms: 20 });
    await vi.waitUntil(() => media.stalls.length === 2);
    await double.admin('POST', '/faults', { kind: 'drop-session', sessionId: id });
    await client.closed;
    expect(client.told).toEqual([]);
    expect(await double.session(id)).toMatchObject({ closeReason: 'dropped' });
    await double.admin('POST', '/faults', { kind: 'no-media' });
    const dark = await start(double, { mode: 'LITE', avatar_id: avatarId });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await double.session(dark.session_id)).toMatchObject({ state: 'connecting' });
  });
});
