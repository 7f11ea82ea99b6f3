import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { HeyGenClient } from './client.ts';
import { TerminalError } from '../core/errors.ts';
import { json, startVendorServer, success } from '../testing/vendor-server.ts';

const apiKey = 'secret-key-0123456789';
const session = {
  session_id: 'eba59f0d-71f5-11ef-b8af-d2e5560124bc',
  sdp: null,
  access_token: 'eyJhbGc',
  url: 'wss://vendor.example',
  ice_servers: null,
  is_paid: true,
  session_duration_limit: 600,
  realtime_endpoint: null,
};

test('createToken sends the key and an empty JSON object and reads the documented answer', async () => {
  await using server = await startVendorServer(json(200, { error: null, data: { token: 'tok-1' } }));
  const client = new HeyGenClient({ apiKey, baseUrl: server.baseUrl });
  expect(await client.createToken()).toBe('tok-1');
  expect(server.seen).toMatchObject([
    {
      method: 'POST',
      path: '/v1/streaming.create_token',
      body: {},
      headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    },
  ]);
});

test('newSession sends every option under its name on the wire and reads data, not the envelope', async () => {
  await using server = await startVendorServer(
    json(200, { code: 100, session_id: 'wrong', data: session, message: 'success' }),
  );
  const client = new HeyGenClient({ apiKey, baseUrl: `${server.baseUrl}/` });
  const created = await client.newSession({
    avatarName: 'Wayne',
    quality: 'high',
    voice: {
      id: 'v',
      rate: 1.1,
      emotion: 'friendly',
      elevenLabs: { stability: 0.5, similarityBoost: 0.6, model: 'eleven_flash_v2_5' },
    },
    knowledgeBase: 'be kind',
    knowledgeBaseId: 'kb',
    language: 'en',
    stt: { provider: 'deepgram', confidence: 0.55 },
    silenceResponse: false,
    idleTimeoutSeconds: 300,
    disableIdleTimeout: false,
    source: 'sdk',
  });
  expect(created).toEqual({
    sessionId: session.session_id,
    url: session.url,
    accessToken: 'eyJhbGc',
    durationLimit: 600_000,
    isPaid: true,
    agentToken: undefined,
    realtimeEndpoint: undefined,
  });
  expect(server.seen[0]?.body).toEqual({
    avatar_name: 'Wayne',
    quality: 'high',
    voice: {
      voice_id: 'v',
      rate: 1.1,
      emotion: 'friendly',
      elevenlabs_settings: { stability: 0.5, similarity_boost: 0.6, model_id: 'eleven_flash_v2_5' },
    },
    knowledge_base: 'be kind',
    knowledge_base_id: 'kb',
    language: 'en',
    version: 'v2',
    video_encoding: 'H264',
    source: 'sdk',
    stt_settings: { provider: 'deepgram', confidence: 0.55 },
    silence_response: false,
    disable_idle_timeout: false,
    activity_idle_timeout: 300,
  });
});

test('a session token replaces the key', async () => {
  await using server = await startVendorServer(success(session));
  await new HeyGenClient({ apiKey, baseUrl: server.baseUrl }).newSession(
    { avatarId: 'default' },
    { token: 'tok' },
  );
  expect(server.seen[0]?.headers.authorization).toBe('Bearer tok');
  expect(server.seen[0]?.headers).not.toHaveProperty('x-api-key');
});

test('task hands over type, mode and text, and returns the id', async () => {
  await using server = await startVendorServer(
    success({ task_id: 't1', duration_ms: 4829 }),
    success({ task_id: 't2', duration_ms: 'soon' }),
  );
  const client = new HeyGenClient({ apiKey, baseUrl: server.baseUrl });
  expect(await client.task('s', { text: 'Hello', taskType: 'repeat' })).toEqual({
    taskId: 't1',
    durationMs: 4829,
  });
  expect(await client.task('s', { text: 'Why?', taskType: 'talk', taskMode: 'sync' })).toEqual({
    taskId: 't2',
    durationMs: undefined,
  });
  expect(server.seen.map((r) => r.body)).toEqual([
    { session_id: 's', text: 'Hello', task_type: 'repeat', task_mode: 'async' },
    { session_id: 's', text: 'Why?', task_type: 'talk', task_mode: 'sync' },
  ]);
});

test('the calls that name a session go to their paths and need no data in the answer', async () => {
  await using server = await startVendorServer(
    json(200, { status: 'ok' }),
    json(200, { code: 100, message: 'success' }),
    json(200, { code: 100, data: null, message: 'success' }),
    (response) => response.writeHead(204).end(),
    json(200, {}),
  );
  const client = new HeyGenClient({ apiKey, baseUrl: server.baseUrl });
  await client.start('s');
  await client.interrupt('s');
  await client.keepAlive('s');
  await client.stop('s');
  await client.startListening('s');
  await client.stopListening('s');
  expect(server.seen.map((r) => r.path.replace('/v1/streaming.', ''))).toEqual([
    'start',
    'interrupt',
    'keep_alive',
    'stop',
    'start_listening',
    'stop_listening',
  ]);
  expect(server.seen.every((r) => (r.body as { session_id: string }).session_id === 's')).toBe(true);
});

test('lists are read with their oddities: entries that make no sense are left out, seconds become ms', async () => {
  await using server = await startVendorServer(
    success({
      sessions: [{ session_id: 'a', status: 'connected', created_at: 1_764_000_000 }, { status: 'new' }, 7],
    }),
    json(200, {
      total: 2,
      page: 1,
      page_size: 10,
      next_pagination_token: 'n',
      data: [{ session_id: 'b', status: 'closed', created_at: 1_764_000_000, duration: 61, avatar_id: 'w' }],
    }),
    success([{ avatar_id: 'w', is_public: true, normal_preview: 'https://x/y.png' }, {}]),
    success({ list: [{ id: 'kb', name: 'K', opening: 'Hi', prompt: 'P' }] }),
    success({ id: 'kb2' }),
    success(null),
  );
  const client = new HeyGenClient({ apiKey, baseUrl: server.baseUrl });
  expect(await client.list()).toEqual([
    { sessionId: 'a', status: 'connected', createdAt: 1_764_000_000_000 },
  ]);
  expect(await client.history({ page: 1, pageSize: 10, status: 'closed' })).toMatchObject({
    total: 2,
    nextPaginationToken: 'n',
    sessions: [{ sessionId: 'b', duration: 61_000, avatarId: 'w' }],
  });
  expect(await client.listAvatars()).toMatchObject([
    { avatarId: 'w', isPublic: true, previewUrl: 'https://x/y.png' },
  ]);
  expect(await client.listKnowledgeBases()).toMatchObject([{ id: 'kb', name: 'K' }]);
  await client.createKnowledgeBase({ name: 'n', opening: 'o', prompt: 'p' });
  await client.updateKnowledgeBase('a/b', { name: 'n', opening: 'o', prompt: 'p' });
  expect(server.seen.map((r) => `${r.method} ${r.path}`)).toEqual([
    'GET /v1/streaming.list',
    'GET /v2/streaming.list',
    'GET /v1/streaming/avatar.list',
    'GET /v1/streaming/knowledge_base/list',
    'POST /v1/streaming/knowledge_base/create',
    'POST /v1/streaming/knowledge_base/a%2Fb',
  ]);
  expect(server.seen[1]?.query.toString()).toBe('page=1&page_size=10&status=closed');
});

test('connections are kept between calls', async () => {
  await using server = await startVendorServer(success({ task_id: 't' }));
  let connections = 0;
  server.server.on('connection', () => connections++);
  await using client = new HeyGenClient({ apiKey, baseUrl: server.baseUrl });
  for (let i = 0; i < 5; i++) await client.task('s', { text: 'Hello', taskType: 'repeat' });
  // The pool may open a second one while the first is being handed back.
  expect(connections).toBeLessThanOrEqual(2);
});

test('the client shows neither its key nor a way to it', () => {
  const client = new HeyGenClient({ apiKey });
  const shown = [
    inspect(client, { depth: 9, showHidden: true }),
    JSON.stringify(client),
    Object.keys(client).join(),
  ].join();
  expect(shown).not.toContain(apiKey);
  expect(inspect(client)).toBe("HeyGenClient { baseUrl: 'https://api.heygen.com' }");
});

test('a key or URL that cannot be one is refused by name and without repeating it', () => {
  const refused = (options: ConstructorParameters<typeof HeyGenClient>[0]) => {
    try {
      return new HeyGenClient(options);
    } catch (error) {
      return error;
    }
  };
  const spaced = refused({ apiKey: 'two words\n' });
  expect(spaced).toBeInstanceOf(TerminalError);
  expect(spaced).toMatchObject({ code: 'unauthorized', message: expect.stringContaining('HEYGEN_API_KEY') });
  expect(inspect(spaced)).not.toContain('two words');
  const withPassword = refused({ apiKey, baseUrl: 'https://user:hunter22@example.com' });
  expect(withPassword).toMatchObject({
    code: 'bad-request',
    message: expect.stringContaining('HEYGEN_BASE_URL'),
  });
  expect(inspect(withPassword)).not.toContain('hunter22');
  expect(refused({ apiKey: '  ' })).toMatchObject({ code: 'unauthorized' });
});
