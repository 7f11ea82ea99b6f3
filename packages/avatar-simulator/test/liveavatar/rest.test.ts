import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { claimsOf, Double } from '../double.ts';
import { avatarId, connect, dataOf, full, lite, mint, sandboxAvatarId, start } from './live-double.ts';

let double: Double;
beforeAll(async () => {
  double = await Double.start();
});
beforeEach(async () => {
  await double.admin('POST', '/reset');
});
afterAll(() => double.simulator.close());

const token = (request: object) => double.post('/v1/sessions/token', request);
const onePersona = 'Provide exactly one of avatar_persona or voice_agent';

describe('sessions/token', () => {
  test('gives a JWT whose payload tells the mode, and starts nothing', async () => {
    const { session_id: id, session_token: jwt } = await mint(double, lite);
    expect(jwt.split('.')).toHaveLength(3);
    const payload: unknown = JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString());
    expect(payload).toMatchObject({ session_id: id, start_session_data: { mode: 'LITE' } });
    expect(await double.session(id)).toMatchObject({
      api: 'liveavatar-lite',
      state: 'new',
      creditsConsumed: 0,
    });
  });

  test('takes the API key only', async () => {
    const refused = { status: 401, body: { code: 4010, data: null } };
    expect(await double.post('/v1/sessions/token', full, { none: true })).toMatchObject(refused);
    expect(await double.post('/v1/sessions/token', full, { key: 'wrong' })).toMatchObject(refused);
    const { session_token: jwt } = await mint(double);
    expect(await double.post('/v1/sessions/token', full, { token: jwt })).toMatchObject(refused);
  });

  test.each([
    [{ mode: 'FULL', avatar_id: avatarId }, onePersona],
    [{ ...full, voice_agent: { id: avatarId } }, onePersona],
    [{ ...full, avatar_persona: undefined, voice_id: avatarId, context_id: avatarId }, onePersona],
    [{ ...full, avatar_id: 'Wayne' }, 'avatar_id'],
    [{ avatar_persona: {} }, 'avatar_id'],
    [{ ...full, dynamic_variables: { name: 'x'.repeat(1_001) } }, 'dynamic_variables'],
    [{ ...full, video_settings: { quality: 'huge' } }, 'quality'],
    [[], 'body'],
  ])('answers 422 to %j and says where', async (request, reason) => {
    const answer = await token(request);
    expect(answer.status).toBe(422);
    expect(answer.body['detail']).toEqual([
      { type: expect.any(String), loc: expect.arrayContaining(['body']), msg: expect.any(String) },
    ]);
    expect(JSON.stringify(answer.body)).toContain(reason);
  });

  test('is as lenient as the vendor', async () => {
    const nulls = { is_sandbox: null, video_settings: { quality: null }, voice_agent: null, memory: null };
    await mint(double, { ...full, ...nulls, max_session_duration: '600', more: 1 });
    await mint(double, { ...full, avatar_persona: { voice_id: null, context_id: null } });
    await mint(double, { ...lite, mode: 'CUSTOM', video_quality: 'medium' });
    expect((await token({ ...full, dynamic_variables: null })).status).toBe(200);
  });

  test('refuses what the plan, the sandbox or the list of avatars does not have', async () => {
    expect(await token({ ...full, max_session_duration: 3_601 })).toMatchObject({
      status: 400,
      body: { message: 'max_session_duration (3601s) exceeds the maximum allowed (3600s)' },
    });
    expect(await token({ ...full, is_sandbox: true })).toMatchObject({
      status: 400,
      body: { message: 'This avatar is not supported in sandbox mode' },
    });
    const sandbox = { ...full, avatar_id: sandboxAvatarId, is_sandbox: true };
    expect((await token({ ...sandbox, max_session_duration: 61 })).status).toBe(400);
    expect(await start(double, sandbox)).toMatchObject({ max_session_duration: 60 });
    expect((await token({ ...full, avatar_id: '00000000-0000-4000-8000-000000000000' })).status).toBe(404);
    const agent = { mode: 'FULL', avatar_id: avatarId, voice_agent: { id: avatarId } };
    expect((await token({ ...agent, dynamic_variables: { a: 'b' } })).status).toBe(400);
  });
});

describe('sessions/start', () => {
  test('answers with the room, and with a socket in LITE only', async () => {
    const fullSession = await start(double);
    expect(fullSession).not.toHaveProperty('ws_url');
    expect(claimsOf(fullSession.livekit_client_token)).toMatchObject({
      sub: 'client',
      video: { room: fullSession.session_id },
    });
    expect(fullSession.max_session_duration).toBe(3_600);
    const liteSession = await start(double, { ...lite, max_session_duration: 100 });
    expect(liteSession.ws_url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/v1\/ws\/[0-9a-f-]{36}$/);
    expect(liteSession.max_session_duration).toBe(100);
  });

  test('is answered with 201, and without a token with 403', async () => {
    const { session_token: jwt } = await mint(double);
    expect((await double.post('/v1/sessions/start', {}, { none: true })).status).toBe(403);
    expect((await double.post('/v1/sessions/start', {})).status).toBe(403);
    expect((await double.post('/v1/sessions/start', {}, { token: 'a.b.c' })).status).toBe(401);
    expect((await double.post('/v1/sessions/start', {}, { token: jwt })).status).toBe(201);
    expect((await double.post('/v1/sessions/start', {}, { token: jwt })).status).toBe(404);
  });

  test('looks up the voice, and never the context', async () => {
    const nobody = '00000000-0000-4000-8000-000000000000';
    const { session_token: jwt } = await mint(double, { ...full, avatar_persona: { voice_id: nobody } });
    expect(await double.post('/v1/sessions/start', {}, { token: jwt })).toMatchObject({
      body: { message: 'Voice not found' },
    });
    await start(double, { ...full, avatar_persona: { context_id: nobody } });
  });

  test('hands out no room where the avatar joins one it was given', async () => {
    const livekit = { livekit_url: 'ws://127.0.0.1:1', livekit_room: 'r', livekit_client_token: 'x.e30.y' };
    const { session_token: jwt } = await mint(double, { ...lite, livekit_config: livekit });
    expect((await double.post('/v1/sessions/start', {}, { token: jwt })).status).toBe(500);
    const grants = Buffer.from(JSON.stringify({ video: { room: 'r', canPublishData: true } })).toString(
      'base64url',
    );
    const good = { ...livekit, livekit_client_token: `x.${grants}.y` };
    expect(await start(double, { ...lite, livekit_config: good })).toMatchObject({
      livekit_url: null,
      livekit_client_token: null,
      ws_url: expect.any(String),
    });
  });
});

describe('stop and keep-alive', () => {
  test.each(['key', 'token'] as const)('take the %s', async (which) => {
    const { session_id: id, token: jwt } = await connect(double);
    const credential = which === 'key' ? undefined : { token: jwt };
    for (const path of ['/v1/sessions/keep-alive', '/v1/sessions/stop', '/v1/sessions/stop'])
      expect((await double.post(path, { session_id: id }, credential)).status).toBe(200);
    expect(await double.session(id)).toMatchObject({ state: 'closed', closeReason: 'stopped' });
    expect((await double.post('/v1/sessions/keep-alive', { session_id: id })).status).toBe(404);
  });

  test('take a session token without a body, and a key not', async () => {
    const { session_id: id, token: jwt } = await connect(double);
    for (const path of ['/v1/sessions/keep-alive', '/v1/sessions/stop']) {
      const bare = await fetch(double.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${jwt}` },
      });
      expect(bare.status).toBe(200);
      expect((await double.post(path, {})).status).toBe(400);
    }
    expect(await double.session(id)).toMatchObject({ state: 'closed', endReason: 'USER_CLOSED' });
  });

  test('keep a reason, refuse another session and an unknown one', async () => {
    const { session_id: id } = await connect(double);
    const { token: other } = await connect(double);
    const stop = (body: object, credential?: { token: string }) =>
      double.post('/v1/sessions/stop', body, credential);
    expect((await stop({ session_id: id }, { token: other })).status).toBe(401);
    expect((await stop({ session_id: id, reason: 'TIRED' })).status).toBe(422);
    await stop({ session_id: id, reason: 'AGENT_HANG_UP' });
    expect(await double.session(id)).toMatchObject({ endReason: 'AGENT_HANG_UP' });
    expect((await stop({ session_id: '00000000-0000-4000-8000-000000000000' })).status).toBe(404);
  });
});

describe('the lists', () => {
  test('have active and past sessions, and one of them', async () => {
    const first = await connect(double);
    const second = await connect(double, lite);
    await double.post('/v1/sessions/stop', { session_id: first.session_id });
    await mint(double);
    const active = dataOf<{ results: unknown[] }>(await double.get('/v1/sessions?type=active'));
    expect(active).toMatchObject({ count: 1, results: [{ id: second.session_id, mode: 'LITE' }] });
    const past = dataOf<{ results: unknown[] }>(await double.get('/v1/sessions?type=historic&page_size=1'));
    expect(past.results).toMatchObject([
      { id: first.session_id, mode: 'FULL', end_reason: 'USER_CLOSED', credits_consumed: 2 },
    ]);
    expect(dataOf(await double.get(`/v1/sessions/${second.session_id}`))).toMatchObject({ mode: 'LITE' });
    expect((await double.get('/v1/sessions')).status).toBe(422);
    const response = await fetch(`${double.url}/v1/sessions`, { method: 'DELETE' });
    expect([response.status, await response.json()]).toEqual([405, { detail: 'Method Not Allowed' }]);
  });

  test('have avatars, voices, languages and credits', async () => {
    const page = { count: expect.any(Number), results: expect.any(Array), next: null, previous: null };
    expect(dataOf(await double.get('/v1/avatars/public', { none: true }))).toMatchObject(page);
    expect(dataOf(await double.get('/v1/avatars'))).toMatchObject(page);
    expect(dataOf(await double.get(`/v1/avatars/${avatarId}`))).toMatchObject({ id: avatarId });
    expect(dataOf(await double.get('/v1/voices?page_size=2'))).toMatchObject({
      next: expect.stringContaining('page=2'),
    });
    expect(dataOf(await double.get('/v1/languages', { none: true }))).toContainEqual({
      code: 'en',
      language: 'English',
    });
    expect(dataOf(await double.get('/v1/users/credits'))).toEqual({ credits_left: '6000.00' });
    expect((await double.get('/v1/voices', { none: true })).status).toBe(401);
  });

  test('have contexts, which can be made, read, changed and deleted', async () => {
    const request = { name: 'Museum', prompt: 'You are Ann.', opening_text: 'Hello ${name}!' };
    const { id } = dataOf<{ id: string }>(await double.post('/v1/contexts', request));
    expect(dataOf(await double.get('/v1/contexts'))).toMatchObject({ results: [{ id, name: 'Museum' }] });
    const change = { method: 'PATCH', headers: { 'x-api-key': 'the-account-key' } };
    const changed = await fetch(`${double.url}/v1/contexts/${id}`, {
      ...change,
      body: JSON.stringify({ ...request, name: 'Zoo' }),
    });
    expect(changed.status).toBe(200);
    expect(dataOf(await double.get(`/v1/contexts/${id}`))).toMatchObject({
      name: 'Zoo',
      required_dynamic_variables: ['name'],
    });
    expect((await double.post('/v1/contexts', { name: 'Museum' })).status).toBe(422);
    await fetch(`${double.url}/v1/contexts/${id}`, { ...change, method: 'DELETE' });
    expect((await double.get(`/v1/contexts/${id}`)).status).toBe(404);
  });
});

test('a browser of this machine may call with credentials', async () => {
  const response = await fetch(`${double.url}/v1/sessions/start`, {
    method: 'OPTIONS',
    headers: {
      origin: 'http://localhost:5173',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  });
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'access-control-allow-origin': 'http://localhost:5173',
    'access-control-allow-credentials': 'true',
    'access-control-allow-headers': expect.stringMatching(/authorization.*content-type/i),
  });
});
