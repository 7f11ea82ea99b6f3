import { Session, SessionList } from '@avatar-bridge/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testGateway, type TestGateway } from './support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway();
});
afterAll(() => gateway.close());

test('a session is created with defaults from an empty object, and from no body at all', async () => {
  for (const call of [{ body: {} }, {}]) {
    const { status, body, headers } = await gateway.call('POST', '/v1/sessions', call);
    const session = Session.parse(body);
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/v1/sessions/${session.id}`);
    expect(session).toMatchObject({
      state: 'queued',
      pending: 0,
      epoch: 0,
      room: session.id,
      avatar: { id: 'default', quality: 'high' },
    });
  }
});

test('a session can be read back, with what it was asked for and its position', async () => {
  const created = await gateway.createSession({
    avatar: { id: 'anna', quality: 'low' },
    room: 'lobby',
    metadata: { team: 'sales' },
  });
  const { status, body } = await gateway.call('GET', `/v1/sessions/${created.id}`);
  expect(status).toBe(200);
  expect(Session.parse(body)).toMatchObject({
    id: created.id,
    avatar: { id: 'anna' },
    room: 'lobby',
    metadata: { team: 'sales' },
  });
  expect(Session.parse(body).position).toBeGreaterThanOrEqual(0);
});

test('the same Idempotency-Key gives the same session; another body with it is refused', async () => {
  const headers = { 'idempotency-key': 'k-1' };
  const first = await gateway.call('POST', '/v1/sessions', {
    body: { metadata: { a: '1', b: '2' } },
    headers,
  });
  const again = await gateway.call('POST', '/v1/sessions', {
    raw: '{ "metadata": {"a":"1","b":"2"}, "avatar": {} }',
    headers: { ...headers, 'content-type': 'application/json' },
  });
  expect(again.status).toBe(201);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(first.headers.get('idempotent-replayed')).toBeNull();
  expect((again.body as Session).id).toBe((first.body as Session).id);
  expect(await gateway.call('POST', '/v1/sessions', { body: { metadata: { a: '2' } }, headers })).toBeProblem(
    422,
    'idempotency-mismatch',
  );
});

test('sessions are listed newest first, page by page, and by state', async () => {
  await using own = await testGateway();
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.unshift((await own.createSession()).id);
  const listed: string[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await own.call(
      'GET',
      `/v1/sessions?limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
    );
    const page = SessionList.parse(body);
    expect(page.sessions.length).toBeLessThanOrEqual(2);
    listed.push(...page.sessions.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor);
  expect(listed).toEqual(ids);

  await own.call('DELETE', `/v1/sessions/${ids[0]}`);
  const ended = SessionList.parse((await own.call('GET', '/v1/sessions?state=ended')).body);
  expect(ended.sessions.map(({ id }) => id)).toEqual([ids[0]]);
});

test('a queued session is ended by DELETE, and again is fine', async () => {
  const { id } = await gateway.createSession();
  for (let i = 0; i < 2; i++) {
    const { status, body } = await gateway.call('DELETE', `/v1/sessions/${id}`);
    expect(status).toBe(200);
    expect(Session.parse(body)).toMatchObject({ id, state: 'ended', end: { outcome: 'stopped' } });
  }
});

test.each([
  ['GET', ''],
  ['DELETE', ''],
  ['POST', '/messages'],
  ['GET', '/messages'],
  ['POST', '/interrupt'],
  ['GET', '/events'],
  ['POST', '/viewers'],
])('%s of an unknown session%s answers 404, whatever its id looks like', async (method, rest) => {
  const body = rest === '/messages' && method === 'POST' ? { text: 'Hello' } : undefined;
  for (const id of ['ses_01890000000070008000000000000000', 'ses_nope', '%20', '..%2f..']) {
    expect(await gateway.call(method, `/v1/sessions/${id}${rest}`, { body })).toBeProblem(
      404,
      'unknown-session',
    );
  }
});
