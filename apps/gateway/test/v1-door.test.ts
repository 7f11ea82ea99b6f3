import { setTimeout as delay } from 'node:timers/promises';
import { asUuid, type Session, sessionIdOf } from '@avatar-bridge/contracts';
import { encodeFrame, HeyGenClient, vendorErrors } from '@avatar-bridge/heygen-client';
import type { OwnedSession } from '@avatar-bridge/session-store';
import * as fc from 'fast-check';
import { decode } from 'hono/jwt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Answer, chatbotKey, testGateway, type TestGateway } from './support/gateway.ts';

const page = 'https://app.example';
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway({ BRIDGE_V1_DOOR: 'true', BRIDGE_V1_DOOR_ORIGINS: page });
});
afterAll(() => gateway.close());

type Headers = Record<string, string>;
const withKey: Headers = { 'x-api-key': chatbotKey };
const withToken = (token: string): Headers => ({ authorization: `Bearer ${token}` });
const call = (path: string, body: unknown, headers: Headers): Promise<Answer> =>
  gateway.call('POST', `/v1/${path}`, { key: null, body, headers });
const dataOf = ({ body }: Answer): unknown => (body as { data: unknown }).data;
const refusal = ({ status, body }: Answer) => ({ status, ...(body as object) });
const words = (name: keyof typeof vendorErrors) => {
  const { confidence: _, ...error } = vendorErrors[name];
  return error;
};

async function newToken(): Promise<string> {
  const answer = await call('streaming.create_token', {}, withKey);
  return (dataOf(answer) as { token: string }).token;
}

type Opened = { uuid: string; owned: OwnedSession; data: { access_token: string; url: string } };

/** Opens a session as a client does, while this test does what a worker does. */
async function open(headers: Headers, request: object = {}): Promise<Opened> {
  const before = new Set((await gateway.store.listSessions()).sessions.map(({ id }) => id));
  const answering = call('streaming.new', request, headers);
  let owned: OwnedSession | undefined;
  while (!owned) {
    const { sessions } = await gateway.store.listSessions();
    const fresh = sessions.find(({ id }) => !before.has(id));
    if (fresh) owned = await gateway.own(fresh.id);
    else await delay(10);
  }
  const answer = await answering;
  expect(answer.status).toBe(200);
  const data = dataOf(answer) as Opened['data'] & { session_id: string };
  expect(sessionIdOf(data.session_id)).toBe(owned.id);
  return { uuid: data.session_id, owned, data };
}

async function openLive(headers: Headers = withKey, request: object = {}): Promise<Opened> {
  const opened = await open(headers, request);
  await opened.owned.setState({ type: 'session.live', room: opened.owned.record.room });
  return opened;
}

describe('credentials', () => {
  test('a key gives out tokens that open one session each, and reach no other', async () => {
    const [token, other] = [await newToken(), await newToken()];
    const { uuid } = await openLive(withToken(token));
    const { uuid: others } = await openLive(withToken(other));
    expect((await call('streaming.keep_alive', { session_id: uuid }, withToken(token))).status).toBe(200);
    for (const attempt of [
      call('streaming.new', {}, withToken(token)),
      call('streaming.keep_alive', { session_id: others }, withToken(token)),
      call('streaming.stop', { session_id: uuid }, withToken(await newToken())),
      call('streaming.create_token', {}, withToken(await newToken())),
      gateway.call('GET', '/v1/streaming.list', { key: null, headers: withToken(token) }),
    ])
      expect(refusal(await attempt)).toEqual(words('unauthorized'));
  });

  test.each<Headers>([{}, { 'x-api-key': 'nobody' }, withToken('nobody'), { authorization: 'Basic eDp4' }])(
    'refuses strangers in v1’s words (%#)',
    async (headers) => {
      expect(refusal(await call('streaming.create_token', {}, headers))).toEqual(words('unauthorized'));
      expect(refusal(await call('streaming.new', {}, headers))).toEqual(words('unauthorized'));
    },
  );

  test('takes no session that was opened otherwise', async () => {
    const { id } = await gateway.createSession();
    expect(refusal(await call('streaming.stop', { session_id: asUuid(id) }, withKey))).toEqual(
      words('wrongState'),
    );
  });

  test('a session token opens nothing of our own API', async () => {
    const token = await newToken();
    expect(await gateway.call('GET', '/v1/sessions', { key: token })).toBeProblem(401, 'missing-key');
  });
});

describe('a session', () => {
  test('has a stage of its own, which its client may watch and send data to', async () => {
    const { owned, data } = await open(withKey, { avatar_name: 'Wayne_20240711', quality: 'high' });
    expect(owned.record).toMatchObject({
      dialect: 'heygen-v1',
      room: owned.id,
      avatar: { id: 'Wayne_20240711', quality: 'high', videoEncoding: 'VP8' },
    });
    expect(data.url).toBe(gateway.env.LIVEKIT_URL);
    expect(decode(data.access_token).payload).toMatchObject({
      sub: 'client',
      video: { room: owned.id, roomJoin: true, canSubscribe: true, canPublish: false, canPublishData: true },
    });
  });

  test('takes nulls, unknown members and numbers written as strings', async () => {
    const { owned } = await open(withKey, {
      knowledge_base: null,
      voice: { voice_id: null, rate: '1.5', elevenlabs_settings: { model_id: null } },
      activity_idle_timeout: '60',
      something_new: true,
    });
    expect(owned.record.avatar).toMatchObject({ voice: { rate: 1.5 }, idleTimeoutSeconds: 60 });
  });

  test('start waits for the avatar, and tells in v1’s words why it does not come', async () => {
    const good = await open(withKey);
    const starting = call('streaming.start', { session_id: good.uuid }, withKey);
    await good.owned.setState({ type: 'session.live', room: good.owned.record.room });
    expect((await starting).body).toEqual({ code: 100, data: null, message: 'success' });

    const bad = await open(withKey);
    const failing = call('streaming.start', { session_id: bad.uuid }, withKey);
    await bad.owned.end({ outcome: 'failed', code: 'unknown-avatar', message: 'There is no such avatar' });
    expect(refusal(await failing)).toEqual(words('avatarNotAllowed'));
  });

  test('a client that goes away before it has the id leaves no session behind', async () => {
    const before = (await gateway.store.listSessions()).sessions.length;
    const leaving = fetch(`${gateway.url}/v1/streaming.new`, {
      method: 'POST',
      headers: withKey,
      body: '{}',
      signal: AbortSignal.timeout(300),
    });
    await expect(leaving).rejects.toThrow('timeout');
    await expect
      .poll(async () =>
        (await gateway.store.listSessions()).sessions.slice(0, -before).map(({ state }) => state),
      )
      .toEqual(['ended']);
  });

  test('without a slot it is refused as v1 refuses one too many', async () => {
    expect(refusal(await call('streaming.new', {}, withKey))).toEqual(words('concurrencyLimit'));
  }, 20_000);

  test('is listed until it is stopped, and takes nothing afterwards', async () => {
    const { uuid, owned } = await openLive();
    const listed = async () => {
      const answer = await gateway.call('GET', '/v1/streaming.list', { key: null, headers: withKey });
      const { sessions } = dataOf(answer) as { sessions: { session_id: string; status: string }[] };
      return sessions.find(({ session_id }) => session_id === uuid);
    };
    expect(await listed()).toMatchObject({ status: 'connected', created_at: expect.any(Number) });
    expect((await call('streaming.stop', { session_id: uuid }, withKey)).status).toBe(200);
    await owned.end({ outcome: 'stopped', code: 'stopped', message: 'asked for' });
    expect(await listed()).toBeUndefined();
    for (const path of ['stop', 'keep_alive', 'interrupt', 'start'])
      expect(refusal(await call(`streaming.${path}`, { session_id: uuid }, withKey))).toEqual(
        words('wrongState'),
      );
  });

  test('lists the avatar that workers show by default', async () => {
    const answer = await gateway.call('GET', '/v1/streaming/avatar.list', { key: null, headers: withKey });
    expect((dataOf(answer) as { avatar_id: string }[]).map(({ avatar_id }) => avatar_id)).toEqual([
      'default',
    ]);
  });
});

describe('tasks', () => {
  const task = (uuid: string, more: object) => call('streaming.task', { session_id: uuid, ...more }, withKey);
  const accepted = async ({ owned }: Opened) => {
    for await (const command of owned.commands()) if (command.type === 'message') return command;
    throw new Error('There is no message');
  };

  test('async is answered when the text was taken, with the id of its message', async () => {
    const opened = await openLive();
    const answer = await task(opened.uuid, { text: 'Hello.', task_mode: 'async', task_type: 'chat' });
    const message = await accepted(opened);
    expect(message).toMatchObject({ text: 'Hello.', mode: 'talk' });
    expect(dataOf(answer)).toEqual({ task_id: asUuid(message.id), duration_ms: expect.any(Number) });
  });

  test('sync, v1’s default, is answered when the text was spoken', async () => {
    const opened = await openLive();
    let answered = false;
    const answering = task(opened.uuid, { text: 'Hello.' }).finally(() => (answered = true));
    const { id, seq } = await accepted(opened);
    await opened.owned.updateMessage(id, { state: 'speaking', speakingAt: 1_000 });
    await delay(200);
    expect(answered).toBe(false);
    await opened.owned.updateMessage(
      id,
      { state: 'spoken', finishedAt: 3_500 },
      { type: 'message.spoken', messageId: id, seq },
    );
    expect(dataOf(await answering)).toEqual({ task_id: asUuid(id), duration_ms: 2_500 });
  });

  test('sync fails when the session ends first', async () => {
    const opened = await openLive();
    const answering = task(opened.uuid, { text: 'Hello.' });
    await accepted(opened);
    await opened.owned.end({ outcome: 'stopped', code: 'stopped', message: 'asked for' });
    expect(refusal(await answering)).toEqual(words('wrongState'));
  });

  test('are refused before the avatar is there', async () => {
    const { uuid } = await open(withKey);
    expect(refusal(await task(uuid, { text: 'Hello.' }))).toEqual(words('wrongState'));
  });

  test.each([
    {},
    { text: '' },
    { text: 'x', task_type: 'sing' },
    { text: 'x'.repeat(1_001), task_type: 'talk' },
  ])('refuses %j and says why', async (body) => {
    const { uuid } = await openLive();
    const { status, body: answer } = await task(uuid, body);
    expect(status).toBe(400);
    expect((answer as { message: string }).message).toMatch(/^Invalid parameters: /);
  });

  test('an interrupt reaches the mailbox', async () => {
    const { uuid, owned } = await openLive();
    expect((await call('streaming.interrupt', { session_id: uuid }, withKey)).status).toBe(200);
    for await (const command of owned.commands()) {
      expect(command.type).toBe('interrupt');
      break;
    }
  });
});

describe('the socket', () => {
  const connect = (uuid: string, token: string, more = '') =>
    new WebSocket(
      `${gateway.url.replace('http', 'ws')}/v1/ws/streaming.chat?session_id=${uuid}&session_token=${token}${more}`,
    );
  const opened = (socket: WebSocket) =>
    new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));

  test('takes texts as talk tasks, says the opening text once, and tells what the user does', async () => {
    const token = await newToken();
    const { uuid, owned } = await openLive(withToken(token));
    const socket = connect(uuid, token, '&silence_response=false&opening_text=Welcome!');
    const told: unknown[] = [];
    socket.on('message', (data: Buffer) => told.push(JSON.parse(data.toString())));
    await opened(socket);
    await opened(connect(uuid, token, '&opening_text=Welcome!'));
    socket.send(
      encodeFrame({ kind: 'audio', audio: new Uint8Array(1_024), sampleRate: 16_000, numChannels: 1 }),
    );
    socket.send(encodeFrame({ kind: 'text', text: 'Who are you?' }));
    socket.send('not protobuf');
    socket.send(new Uint8Array([255, 255]));
    const texts: [string, string][] = [];
    for await (const command of owned.commands()) {
      if (command.type === 'message') texts.push([command.mode, command.text]);
      if (texts.length === 2) break;
    }
    expect(texts).toEqual([
      ['repeat', 'Welcome!'],
      ['talk', 'Who are you?'],
    ]);
    await owned.append(
      { type: 'user.started' },
      { type: 'user.stopped' },
      { type: 'user.silent', silenceTimes: 1, countDown: 9 },
      { type: 'avatar.state', state: 'listening' },
    );
    await expect
      .poll(() => told)
      .toEqual([
        { event_type: 'user_start' },
        { event_type: 'user_stop' },
        { event_type: 'user_silence', silence_times: 1, count_down: 9 },
      ]);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await owned.end({ outcome: 'stopped', code: 'stopped', message: 'asked for' });
    expect(await closed).toBe(1000);
  });

  test('is refused before the upgrade without the token of the session', async () => {
    const { uuid } = await openLive(withToken(await newToken()));
    for (const token of ['nobody', await newToken()]) {
      const status = await new Promise((resolve) =>
        connect(uuid, token).on('unexpected-response', (_request, response) => resolve(response.statusCode)),
      );
      expect(status).toBe(401);
    }
  });

  test('a session that a key opened takes the first token that comes, and no other', async () => {
    const { uuid } = await openLive();
    const [first, second] = [await newToken(), await newToken()];
    await opened(connect(uuid, first));
    await expect(opened(connect(uuid, second))).rejects.toThrow('401');
    expect(refusal(await call('streaming.new', {}, withToken(first)))).toEqual(words('unauthorized'));
  });
});

describe('idle sessions', () => {
  const dueNow = (id: string) => gateway.store.v1Door.setIdleDeadline(id, Date.now() - 1);

  test('are stopped, and those with something to say are not', async () => {
    const [idle, busy] = [await openLive(), await openLive(withKey, { activity_idle_timeout: 30 })];
    await call('streaming.task', { session_id: busy.uuid, text: 'Hello.', task_mode: 'async' }, withKey);
    await Promise.all([dueNow(idle.owned.id), dueNow(busy.owned.id)]);
    for await (const command of idle.owned.commands()) {
      expect(command).toMatchObject({ type: 'stop', reason: 'nobody used it for 120 s' });
      break;
    }
    expect(await gateway.store.v1Door.idle(Date.now() + 25_000)).not.toContain(busy.owned.id);
    expect(await gateway.store.v1Door.idle(Date.now() + 31_000)).toContain(busy.owned.id);
  });

  test('keep_alive counts as use', async () => {
    const { uuid, owned } = await openLive();
    expect(await gateway.store.v1Door.idle(Date.now() + 121_000)).toContain(owned.id);
    await delay(1_100);
    const before = Date.now();
    await call('streaming.keep_alive', { session_id: uuid }, withKey);
    expect(await gateway.store.v1Door.idle(before + 119_900)).not.toContain(owned.id);
  });
});

describe('browsers', () => {
  const preflight = (origin: string) =>
    fetch(`${gateway.url}/v1/streaming.new`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });

  test('pages of the configured origins may call, also to be refused', async () => {
    const asked = await preflight(page);
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, page]);
    expect(asked.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('x-api-key');
    const refused = await call('streaming.new', {}, { origin: page });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, page]);
  });

  test('pages of others may not, and our own API has no such door', async () => {
    expect(
      (await preflight('https://elsewhere.example')).headers.get('access-control-allow-origin'),
    ).toBeNull();
    const own = await gateway.call('GET', '/v1/sessions', { headers: { origin: page } });
    expect(own.headers.get('access-control-allow-origin')).toBeNull();
  });
});

test('our own client of v1 works against it', async () => {
  const client = new HeyGenClient({ apiKey: chatbotKey, baseUrl: gateway.url });
  expect(await client.createToken()).toEqual(expect.any(String));
  expect((await client.listAvatars()).map(({ avatarId }) => avatarId)).toEqual(['default']);
  expect(Array.isArray(await client.list())).toBe(true);
});

test('whatever a call is given, it answers no 5xx', async () => {
  const { uuid } = await openLive();
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom(uuid, '\ud800', '', null, 'talk', 1e308));
  // A text that is taken in mode sync would be waited for.
  const mode = fc.constantFrom('async', 'later', 7, {});
  const body = fc.oneof(
    fc
      .dictionary(fc.constantFrom('session_id', 'text', 'task_type', '__proto__', 'x'), value)
      .chain((given) => mode.map((task_mode) => ({ ...given, task_mode }))),
    fc.record({
      session_id: fc.constant(uuid),
      text: fc.string({ unit: 'binary', maxLength: 50 }),
      task_type: fc.constantFrom('talk', 'repeat', 'chat'),
      task_mode: mode,
    }),
    fc.jsonValue(),
  );
  const path = fc.constantFrom('task', 'interrupt', 'keep_alive', 'start', 'start_listening', 'create_token');
  await fc.assert(
    fc.asyncProperty(
      path,
      body.map((sent) => JSON.stringify(sent)),
      fc.constantFrom('application/json', 'text/plain'),
      async (name, raw, type) => {
        const answer = await gateway.call('POST', `/v1/streaming.${name}`, {
          key: null,
          raw,
          headers: { ...withKey, 'content-type': type },
        });
        expect(answer.status).toBeLessThan(500);
      },
    ),
    { numRuns: 400 },
  );
}, 60_000);

test('is closed unless it is asked for', async () => {
  await using plain = await testGateway();
  const answer = await plain.call('POST', '/v1/streaming.create_token', {
    key: null,
    headers: withKey,
    body: {},
  });
  expect(answer).toBeProblem(401, 'missing-key');
});

test('the identities of v1 are not for viewers of such a stage', async () => {
  const { owned } = await open(withKey);
  for (const identity of ['heygen', 'client'])
    expect(
      await gateway.call('POST', `/v1/sessions/${owned.id}/viewers`, { body: { identity } }),
    ).toBeProblem(400, 'bad-request');
  const session = (await gateway.call('GET', `/v1/sessions/${owned.id}`)).body as Session;
  expect(session.dialect).toBe('heygen-v1');
});
