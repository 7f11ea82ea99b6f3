import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { HeyGenError, RetryableError, TerminalError } from '../core/errors.ts';
import { type Answer, json, reset, startVendorServer, text } from '../testing/vendor-server.ts';
import { LiveAvatarClient } from './client.ts';
import {
  durationTooLong,
  liveAvatarErrors,
  onePersonaRule,
  sandboxAvatarId,
  TokenRequest,
} from './wire/index.ts';

const apiKey = 'secret-key-0123456789';
const success = (data: unknown, status = 200) => json(status, { code: 1000, data, message: 'success' });

function clientOf(server: { baseUrl: string }, options: { maxRetries?: number } = {}): LiveAvatarClient {
  return new LiveAvatarClient({ apiKey, baseUrl: server.baseUrl, timeout: 2_000, maxRetries: 0, ...options });
}

async function failure(call: Promise<unknown>): Promise<HeyGenError & { retryAfter?: number }> {
  const error = await call.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(HeyGenError);
  return error as HeyGenError;
}

test('createToken sends every option of a FULL session under its name on the wire', async () => {
  await using server = await startVendorServer(success({ session_id: 's', session_token: 'jwt' }));
  const created = await clientOf(server).createToken({
    mode: 'FULL',
    avatarId: sandboxAvatarId,
    sandbox: true,
    quality: 'high',
    videoEncoding: 'H264',
    maxDurationSeconds: 60,
    voiceId: sandboxAvatarId,
    voiceSettings: { provider: 'elevenLabs', speed: 1.1 },
    contextId: sandboxAvatarId,
    language: 'de',
    sttProvider: 'deepgram',
    pushToTalk: true,
    llmConfigurationId: sandboxAvatarId,
    dynamicVariables: { name: 'Ada' },
    previousSessionId: sandboxAvatarId,
  });
  expect(created).toEqual({ sessionId: 's', token: 'jwt' });
  const [request] = server.seen;
  expect(request).toMatchObject({
    method: 'POST',
    path: '/v1/sessions/token',
    headers: { 'x-api-key': apiKey },
  });
  expect(request!.body).toEqual({
    mode: 'FULL',
    avatar_id: sandboxAvatarId,
    is_sandbox: true,
    video_settings: { quality: 'high', encoding: 'H264' },
    max_session_duration: 60,
    avatar_persona: {
      language: 'de',
      voice_id: sandboxAvatarId,
      voice_settings: { provider: 'elevenLabs', speed: 1.1 },
      context_id: sandboxAvatarId,
      stt_config: { provider: 'deepgram' },
    },
    interactivity_type: 'PUSH_TO_TALK',
    llm_configuration_id: sandboxAvatarId,
    dynamic_variables: { name: 'Ada' },
    memory: { prev_session_id: sandboxAvatarId },
  });
  expect(TokenRequest.safeParse(request!.body).success).toBe(true);
});

test('createToken leaves out what is not given, but not the persona', async () => {
  await using server = await startVendorServer(success({ session_id: 's', session_token: 'jwt' }));
  await clientOf(server).createToken({ mode: 'FULL', avatarId: sandboxAvatarId });
  await clientOf(server).createToken({
    mode: 'LITE',
    avatarId: sandboxAvatarId,
    livekit: { url: 'wss://stage', room: 'r', token: 'face-token' },
  });
  expect(server.seen.map(({ body }) => body)).toEqual([
    { mode: 'FULL', avatar_id: sandboxAvatarId, avatar_persona: { language: 'en' } },
    {
      mode: 'LITE',
      avatar_id: sandboxAvatarId,
      livekit_config: { livekit_url: 'wss://stage', livekit_room: 'r', livekit_client_token: 'face-token' },
    },
  ]);
});

test('start sends the session token instead of the key and reads the answer', async () => {
  const data = {
    session_id: 's',
    livekit_url: 'wss://vendor',
    livekit_client_token: 'a',
    livekit_agent_token: null,
    max_session_duration: 1200,
  };
  await using server = await startVendorServer(success(data, 201));
  expect(await clientOf(server).start('jwt.of.session')).toEqual({
    sessionId: 's',
    url: 'wss://vendor',
    accessToken: 'a',
    agentToken: undefined,
    socketUrl: undefined,
    durationLimitMs: 1_200_000,
  });
  expect(server.seen[0]!.headers.authorization).toBe('Bearer jwt.of.session');
  expect(server.seen[0]!.headers).not.toHaveProperty('x-api-key');
});

test('the other calls go to their paths', async () => {
  const page = { count: 3, next: 'https://x?page=2', results: [{ id: 'x' }, {}] };
  const context = { name: 'n', prompt: 'p', openingText: 'o' };
  await using server = await startVendorServer(
    success(null),
    success(null),
    success({
      count: 21,
      next: 'https://x?page=3',
      results: [{ id: 's', mode: 'FULL', duration: 61, created_at: '2026-11-27T14:00:00Z', source: 'API' }],
    }),
    success({ id: 's', end_reason: 'IDLE_TIMEOUT', end_at: '2026-11-27T14:00:00Z' }),
    success({
      session_active: true,
      transcript_data: [{ role: 'avatar', transcript: 'Hi' }, { role: 'cat' }],
    }),
    success(null),
    success(page),
    success(page),
    success({ id: 'x', name: 'Wayne', default_voice: { id: 'v' }, is_1080p: true }),
    success({ results: [{ id: 'v', language: 'en', tags: ['calm', 7] }] }),
    success(page),
    success({ id: 'c', ...context }),
    success({ id: 'c', name: 'n', prompt: 'p', opening_text: 'o' }),
    success({ id: 'c' }),
    success(null),
    success([{ code: 'en', language: 'English' }, {}]),
    success({ credits_left: '41.5' }),
  );
  const client = clientOf(server);
  await client.stop('s', { token: 'jwt', reason: 'USER_DISCONNECTED' });
  await client.keepAlive('s');
  expect(await client.list({ page: 2, pageSize: 10, contextId: 'c' })).toMatchObject({
    total: 21,
    nextPage: 3,
    items: [
      { sessionId: 's', mode: 'FULL', durationMs: 61_000, createdAt: Date.parse('2026-11-27T14:00:00Z') },
    ],
  });
  expect(await client.get('s')).toMatchObject({ endReason: 'IDLE_TIMEOUT', endedAt: 1_795_788_000_000 });
  expect(await client.transcript('s', { from: 5 })).toEqual({
    active: true,
    next: undefined,
    entries: [{ role: 'avatar', text: 'Hi', at: undefined }],
  });
  await client.deleteEvents('s');
  expect(await client.avatars.list()).toMatchObject({ items: [{ avatarId: 'x' }], nextPage: 2, total: 3 });
  await client.avatars.listPublic({ page: 4 });
  expect(await client.avatars.get('a/b')).toMatchObject({ defaultVoiceId: 'v', is1080p: true });
  expect((await client.voices.list({ type: 'private' })).items).toMatchObject([
    { voiceId: 'v', tags: ['calm'] },
  ]);
  expect((await client.contexts.list()).items).toHaveLength(1);
  await client.contexts.create(context);
  expect(await client.contexts.get('c')).toEqual({ contextId: 'c', ...context });
  await client.contexts.update('c', context);
  await client.contexts.delete('c');
  expect(await client.languages()).toEqual([{ code: 'en', name: 'English' }]);
  expect(await client.credits()).toBe(41.5);
  expect(
    server.seen.map(({ method, path, query }) => `${method} ${path} ${query.toString()}`.trim()),
  ).toEqual([
    'POST /v1/sessions/stop',
    'POST /v1/sessions/keep-alive',
    'GET /v1/sessions type=active&context_id=c&page=2&page_size=10',
    'GET /v1/sessions/s',
    'GET /v1/sessions/s/transcript start_timestamp=5',
    'DELETE /v1/sessions/s/events',
    'GET /v1/avatars',
    'GET /v1/avatars/public page=4',
    'GET /v1/avatars/a%2Fb',
    'GET /v1/voices voice_type=private',
    'GET /v1/contexts',
    'POST /v1/contexts',
    'GET /v1/contexts/c',
    'PATCH /v1/contexts/c',
    'DELETE /v1/contexts/c',
    'GET /v1/languages',
    'GET /v1/users/credits',
  ]);
  expect(server.seen[0]!.body).toEqual({ session_id: 's', reason: 'USER_DISCONNECTED' });
});

test('an empty page is the last one, even when the vendor names another', async () => {
  await using server = await startVendorServer(success({ results: [], next: 'https://x?page=2' }));
  expect(await clientOf(server).list()).toEqual({ items: [], total: undefined, nextPage: undefined });
});

test.each(['', '.', '..'])('the id %j is refused before anything is sent', async (id) => {
  await using server = await startVendorServer(success(null));
  expect(await failure(clientOf(server).get(id))).toMatchObject({ code: 'bad-request' });
  expect(server.seen).toEqual([]);
});

const vendorSays = (error: { status: number; code?: number; message: string }) =>
  json(error.status, { ...(error.code && { code: error.code }), data: null, message: error.message });
const { concurrencyLimit, noCredits, unauthorized, sandboxAvatar, voiceNotFound } = liveAvatarErrors;
const uuidDetail = [
  { loc: ['body', 'FULL', 'avatar_id'], msg: 'Input should be a valid UUID', type: 'uuid_parsing' },
];

test.each<[string, Answer, string, boolean, string]>([
  ['concurrency limit', vendorSays(concurrencyLimit), 'concurrency-limit', true, 'no free session'],
  ['no credits', vendorSays(noCredits), 'no-credits', false, 'credits are used up'],
  [
    'other words for no credits',
    json(400, { message: 'No credits available for start session' }),
    'no-credits',
    false,
    'credits',
  ],
  ['wrong key', vendorSays(unauthorized), 'unauthorized', false, 'set LIVEAVATAR_API_KEY'],
  [
    'wrong key without a code',
    json(401, { detail: 'Unauthorized' }),
    'unauthorized',
    false,
    'LIVEAVATAR_API_KEY',
  ],
  ['avatar not for the sandbox', vendorSays(sandboxAvatar), 'unknown-avatar', false, sandboxAvatar.message],
  ['unknown voice', vendorSays(voiceNotFound), 'bad-request', false, 'Voice not found'],
  ['unknown session', vendorSays(liveAvatarErrors.sessionNotFound), 'session-closed', false, 'is gone'],
  [
    'over the plan',
    vendorSays(durationTooLong(300, 60)),
    'bad-request',
    false,
    '(300s) exceeds the maximum allowed (60s)',
  ],
  [
    'a field that does not fit',
    json(422, { detail: uuidDetail }),
    'bad-request',
    false,
    'avatar_id: Input should be a valid UUID',
  ],
  [
    'no persona',
    json(422, { detail: [{ loc: ['body'], msg: onePersonaRule }] }),
    'bad-request',
    false,
    `HTTP 422: ${onePersonaRule}`,
  ],
  ['forbidden', json(403, { detail: 'Not authenticated' }), 'forbidden', false, 'Not authenticated'],
  [
    'canPublishData is missing',
    vendorSays(liveAvatarErrors.cannotPublishData),
    'unavailable',
    true,
    'HTTP 500',
  ],
  ['a page', text(200, '<html>maintenance</html>'), 'unavailable', true, 'without JSON'],
  ['a page with an error', text(502, '<html>concurrency</html>'), 'unavailable', true, 'HTTP 502'],
  ['nothing', text(200, ''), 'unavailable', true, 'without JSON'],
  ['a redirect', text(302, ''), 'bad-response', false, 'LIVEAVATAR_BASE_URL'],
  ['another shape', success({ id: 's' }), 'bad-response', false, 'lacks session_id, session_token'],
  ['a cut connection', reset, 'network', true, 'LiveAvatar'],
])('%s', async (_name, answer, code, again, words) => {
  await using server = await startVendorServer(answer);
  const error = await failure(clientOf(server).createToken({ mode: 'LITE', avatarId: sandboxAvatarId }));
  expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
  expect(error).toBeInstanceOf(again ? RetryableError : TerminalError);
});

test('too many requests say how long to wait', async () => {
  await using server = await startVendorServer(json(429, { message: 'slow' }, { 'retry-after': '1' }));
  expect(await failure(clientOf(server).credits())).toMatchObject({
    code: 'rate-limited',
    retryAfter: 1_000,
  });
});

test('repeats createToken and stop, but not a start that may have been carried out', async () => {
  const busy = json(503, {}, { 'retry-after-ms': '5' });
  await using server = await startVendorServer(busy);
  const client = clientOf(server, { maxRetries: 1 });
  await failure(client.start('jwt'));
  expect(server.seen).toHaveLength(1);
  await failure(client.createToken({ mode: 'FULL', avatarId: sandboxAvatarId }));
  expect(server.seen).toHaveLength(3);
  await failure(client.stop('s'));
  expect(server.seen).toHaveLength(5);
});

test('a refused session token does not blame the key', async () => {
  await using server = await startVendorServer(vendorSays(unauthorized));
  const { message } = await failure(clientOf(server).start('jwt'));
  expect(message).toContain('session token');
  expect(message).not.toContain('LIVEAVATAR_API_KEY');
});

test('no error shows a key, a token or a prompt, even when the vendor repeats them', async () => {
  const repeated: Answer = (response, request) =>
    json(400, { message: `no: ${JSON.stringify(request.body)} ${JSON.stringify(request.headers)}` })(
      response,
      request,
    );
  await using server = await startVendorServer(repeated);
  const client = clientOf(server);
  const livekit = { url: 'wss://x', room: 'r', token: 'stage-token-1' };
  const errors = [
    await failure(client.createToken({ mode: 'LITE', avatarId: sandboxAvatarId, livekit })),
    await failure(client.start('session-token-1')),
    await failure(client.stop('s', { token: 'session-token-1' })),
    await failure(
      client.contexts.create({ name: 'n', prompt: 'our secret recipe', openingText: 'hello you' }),
    ),
  ];
  const shown = inspect([errors, client], { depth: 9 }) + JSON.stringify(errors);
  for (const secret of [apiKey, 'stage-token-1', 'session-token-1', 'our secret recipe', 'hello you'])
    expect(shown).not.toContain(secret);
});

test('a key or URL that cannot be one is refused by the name of its variable', () => {
  expect(() => new LiveAvatarClient({ apiKey: 'two words' })).toThrow('LIVEAVATAR_API_KEY');
  expect(() => new LiveAvatarClient({ apiKey, baseUrl: 'ftp://x' })).toThrow('LIVEAVATAR_BASE_URL');
});
