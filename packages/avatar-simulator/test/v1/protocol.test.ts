import {
  AvatarListResponse,
  CreateTokenResponse,
  HistoryResponse,
  ListResponse,
  NewSessionResponse,
  TaskResponse,
} from '@avatar-bridge/heygen-client';
import { RoomServiceClient } from 'livekit-server-sdk';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { claimsOf, dataOf, Double } from '../double.ts';

const unauthorized = { status: 401, body: { code: 400112, message: 'Unauthorized' } };
const wrongState = { status: 400, body: { code: 400006, message: 'Session is not in correct state' } };
let double: Double;
let rooms: RoomServiceClient;

beforeAll(async () => {
  const { url, apiKey, apiSecret } = inject('livekit').vendor;
  rooms = new RoomServiceClient(url.replace(/^ws/, 'http'), apiKey, apiSecret);
  double = await Double.start();
});
afterAll(() => double.simulator.close());

describe('create_token', () => {
  it('gives a token for the API key only', async () => {
    const answer = await double.post('/v1/streaming.create_token');
    expect(answer.body).toMatchObject({ code: 100, message: 'success' });
    CreateTokenResponse.parse(dataOf(answer));
    expect(await double.post('/v1/streaming.create_token', {}, { none: true })).toMatchObject(unauthorized);
    expect(await double.post('/v1/streaming.create_token', {}, { key: 'another' })).toMatchObject(
      unauthorized,
    );
    expect(
      await double.post('/v1/streaming.create_token', {}, { token: await double.token() }),
    ).toMatchObject(unauthorized);
  });
});

describe('streaming.new', () => {
  it('answers with everything a client needs to join', async () => {
    const data = dataOf<Record<string, unknown>>(
      await double.post('/v1/streaming.new', { version: 'v2', avatar_name: 'Wayne_20240711' }),
    );
    const session = NewSessionResponse.parse(data);
    expect(data).toMatchObject({
      sdp: null,
      ice_servers: null,
      ice_servers2: null,
      is_paid: true,
      session_duration_limit: 600,
    });
    expect(session.session_id).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect(session.url).toBe(inject('livekit').vendor.url);
    const claims = claimsOf(session.access_token);
    expect(claims).toMatchObject({ sub: 'client', name: 'client' });
    expect(claims.video).toEqual({
      room: session.session_id,
      roomJoin: true,
      canPublish: true,
      canPublishData: true,
      canSubscribe: true,
    });
    expect(claims.exp - claims.nbf).toBe(86_400);
    expect(claimsOf(session.livekit_agent_token!).video.room).toBe(session.session_id);
  });

  it('takes what the SDK sends', async () => {
    const request = {
      avatar_name: '',
      quality: 'high',
      voice: { voice_id: '', rate: 1, emotion: 'excited', elevenlabs_settings: {} },
      video_encoding: 'H264',
      source: 'sdk',
      ia_is_livekit_transport: false,
    };
    expect(await double.opened(request, { token: await double.token() })).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('takes null for what is not there, numbers and booleans as strings, and what it does not know', async () => {
    const request = {
      avatar_id: null,
      avatar_name: 'Wayne_20240711',
      quality: null,
      knowledge_base: null,
      knowledge_base_id: null,
      language: null,
      voice: { voice_id: null, rate: '1.2', emotion: null, elevenlabs_settings: null },
      stt_settings: { provider: null, confidence: '0.55' },
      disable_idle_timeout: 'false',
      activity_idle_timeout: '60',
      session_duration_limit: 30,
      livekit_settings: {},
    };
    const { id } = await double.connected(request);
    expect((await double.task(id, 'Hello.', { task_type: null, task_mode: null, more: null })).status).toBe(
      200,
    );
  });

  it('refuses null for what must be there', async () => {
    const { id } = await double.connected();
    expect((await double.post('/v1/streaming.task', { session_id: id, text: null })).status).toBe(400);
    expect((await double.post('/v1/streaming.stop', { session_id: null })).status).toBe(400);
    expect((await double.post('/v1/streaming.create_token', null)).status).toBe(200);
  });

  it('uses up a token, which then serves its own session only', async () => {
    const token = await double.token();
    const id = await double.opened({}, { token });
    expect(await double.post('/v1/streaming.new', { version: 'v2' }, { token })).toMatchObject(unauthorized);
    const other = await double.opened();
    expect(await double.post('/v1/streaming.keep_alive', { session_id: other }, { token })).toMatchObject(
      unauthorized,
    );
    expect((await double.post('/v1/streaming.keep_alive', { session_id: id }, { token })).status).toBe(200);
  });

  it('leaves a token good when the request was refused', async () => {
    const token = await double.token();
    expect((await double.post('/v1/streaming.new', { version: 'v1' }, { token })).status).toBe(400);
    await double.opened({}, { token });
  });

  it.each([
    [{ version: undefined }, 'version'],
    [{ quality: 'ultra' }, 'quality'],
    [{ video_encoding: 'AV1' }, 'video_encoding'],
    [{ voice: { rate: 3 } }, 'voice.rate'],
    [{ voice: { voice_id: 'nobody' } }, 'voice.voice_id'],
    [{ voice: { voice_id: '001cc6d54eae4ca2b5fb16ca8e8eb9bb' } }, 'real time'],
    [{ activity_idle_timeout: 5 }, 'activity_idle_timeout'],
    [{ knowledge_base_id: 'none' }, 'knowledge_base_id'],
  ])('refuses %o and says why', async (request, reason) => {
    const answer = await double.post('/v1/streaming.new', { version: 'v2', ...request });
    expect(answer.status).toBe(400);
    expect(answer.body['message']).toContain(reason);
  });

  it.each([
    ['Nobody_public', { code: 10013, message: 'avatar not allow' }],
    ['Daisy-inskirt-20220818', { message: 'invalid avatar: not an interactive avatar' }],
    ['josh_lite3_20230714', { code: 10003, message: 'avatar version is deprecated, please update to v3+' }],
  ])('refuses the avatar %s as the vendor does', async (avatar, body) => {
    expect(await double.post('/v1/streaming.new', { version: 'v2', avatar_id: avatar })).toMatchObject({
      status: 400,
      body,
    });
  });

  it('refuses a body that is not JSON', async () => {
    const response = await fetch(`${double.url}/v1/streaming.new`, {
      method: 'POST',
      headers: { 'x-api-key': 'the-account-key' },
      body: '{',
    });
    expect(response.status).toBe(400);
  });
});

describe('a session', () => {
  it('goes from new over connecting to connected, and is listed until it is stopped', async () => {
    const slow = await Double.start({ startDelay: 300 });
    const listed = async (): Promise<unknown> =>
      ListResponse.parse(dataOf(await slow.get('/v1/streaming.list'))).sessions;
    const id = await slow.opened();
    expect(await listed()).toEqual([{ session_id: id, status: 'new', created_at: expect.any(Number) }]);
    await slow.post('/v1/streaming.start', { session_id: id });
    expect(await listed()).toMatchObject([{ status: 'connecting' }]);
    expect(await slow.task(id, 'too early')).toMatchObject(wrongState);
    await slow.until(id, (session) => session.state === 'connected');
    expect(await listed()).toMatchObject([{ status: 'connected' }]);
    expect((await slow.post('/v1/streaming.stop', { session_id: id })).body).toEqual({
      code: 100,
      data: null,
      message: 'success',
    });
    expect(await listed()).toEqual([]);
    await slow.simulator.close();
  });

  it('has a room of its own name from start to stop', async () => {
    const { id } = await double.connected();
    expect(await rooms.listRooms([id])).toHaveLength(1);
    await double.post('/v1/streaming.stop', { session_id: id });
    expect(await rooms.listRooms([id])).toHaveLength(0);
    expect(await double.session(id)).toMatchObject({ state: 'closed', closeReason: 'stopped' });
  });

  it('is in the wrong state for everything after its end, and for a second start', async () => {
    const { id } = await double.connected();
    expect(await double.post('/v1/streaming.start', { session_id: id })).toMatchObject(wrongState);
    await double.post('/v1/streaming.stop', { session_id: id });
    for (const call of [
      'start',
      'task',
      'interrupt',
      'keep_alive',
      'start_listening',
      'stop_listening',
      'stop',
    ]) {
      expect({
        call,
        ...(await double.post(`/v1/streaming.${call}`, { session_id: id, text: 'hello' })),
      }).toMatchObject({
        call,
        ...wrongState,
      });
    }
  });

  it('has to be named, and known', async () => {
    expect((await double.post('/v1/streaming.stop', {})).status).toBe(400);
    expect(await double.post('/v1/streaming.stop', { session_id: 'unknown' })).toMatchObject(wrongState);
    expect(await double.post('/v1/streaming.stop', { session_id: 'unknown' }, { none: true })).toMatchObject(
      unauthorized,
    );
  });

  it('starts and stops listening', async () => {
    const { id } = await double.connected();
    await double.post('/v1/streaming.start_listening', { session_id: id });
    expect(await double.session(id)).toMatchObject({ listening: true });
    await double.post('/v1/streaming.stop_listening', { session_id: id });
    expect(await double.session(id)).toMatchObject({ listening: false });
  });

  it('that is stopped while its room is made leaves no room', async () => {
    const id = await double.opened();
    const [, stopped] = await Promise.all([
      double.post('/v1/streaming.start', { session_id: id }),
      double.post('/v1/streaming.stop', { session_id: id }),
    ]);
    if (stopped.status !== 200) await double.post('/v1/streaming.stop', { session_id: id });
    expect(await rooms.listRooms([id])).toHaveLength(0);
  });
});

describe('the lists', () => {
  it('have the history, newest first and a page at a time', async () => {
    await using quiet = await Double.start();
    const ids = [
      await quiet.opened(),
      await quiet.opened(),
      await quiet.opened({ avatar_id: 'Ann_Therapist_public' }),
    ];
    await quiet.post('/v1/streaming.stop', { session_id: ids[0] });
    const page = HistoryResponse.parse((await quiet.get('/v2/streaming.list?page_size=2')).body);
    expect(page).toMatchObject({ total: 3, page: 1, page_size: 2 });
    expect(page.data.map((session) => session.session_id)).toEqual([ids[2], ids[1]]);
    expect(page.data[0]).toMatchObject({
      status: 'new',
      avatar_id: 'Ann_Therapist_public',
      voice_name: 'Sara',
    });
    const rest = await quiet.get(
      `/v2/streaming.list?page_size=2&next_pagination_token=${page.next_pagination_token}`,
    );
    expect(rest.body).toMatchObject({
      next_pagination_token: null,
      data: [{ session_id: ids[0], status: 'closed' }],
    });
    expect((await quiet.get('/v2/streaming.list?status=closed')).body).toMatchObject({ total: 1 });
  });

  it('have avatars and voices', async () => {
    const avatars = AvatarListResponse.parse(dataOf(await double.get('/v1/streaming/avatar.list')));
    expect(avatars.map((avatar) => avatar.avatar_id)).toContain('Wayne_20240711');
    const { voices } = dataOf<{ voices: { voice_id: string }[] }>(await double.get('/v2/voices'));
    expect(voices.length).toBeGreaterThan(2);
    expect(await double.get('/v2/voices', { none: true })).toMatchObject(unauthorized);
  });

  it('have knowledge bases, which can be made and changed', async () => {
    const path = '/v1/streaming/knowledge_base';
    const made = dataOf<{ id: string }>(
      await double.post(`${path}/create`, { name: 'Museum', opening: 'Welcome!', prompt: 'You are Ann.' }),
    );
    expect((await double.post(`${path}/create`, { name: 'Museum' })).status).toBe(400);
    await double.post(`${path}/${made.id}`, { name: 'Museum', opening: 'Good day!', prompt: 'You are Ann.' });
    expect(dataOf(await double.get(`${path}/list`))).toEqual({
      list: [{ id: made.id, name: 'Museum', opening: 'Good day!', prompt: 'You are Ann.' }],
    });
    const { media } = await double.connected({ knowledge_base_id: made.id });
    expect(media.spoken).toEqual(['Good day!']);
    expect(await double.get(`${path}/list`, { token: await double.token() })).toMatchObject(unauthorized);
  });
});

describe('browsers', () => {
  it('may call from any page of this machine, and from no other', async () => {
    const preflight = (origin: string): Promise<Response> =>
      fetch(`${double.url}/v1/streaming.new`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type,x-api-key',
        },
      });
    const allowed = await preflight('http://localhost:5173');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
    expect(allowed.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('x-api-key');
    expect((await preflight('https://example.com')).headers.get('access-control-allow-origin')).toBeNull();
    const refused = await fetch(`${double.url}/v1/streaming.list`, {
      headers: { origin: 'http://127.0.0.1:1' },
    });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe('http://127.0.0.1:1');
  });
});

describe('the answer to a task', () => {
  it('is the same in form as the vendor sample', async () => {
    const { id } = await double.connected();
    const answer = await double.task(id, 'Hello.');
    expect(answer.body).toEqual({
      code: 100,
      message: 'success',
      data: { task_id: expect.any(String), duration_ms: expect.any(Number) },
    });
    TaskResponse.parse(dataOf(answer));
  });
});
