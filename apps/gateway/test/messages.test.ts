import { Message, MessageAccepted, MessageList } from '@avatar-bridge/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testGateway, type TestGateway } from './support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway({ BRIDGE_MAILBOX_LIMIT: '5' });
});
afterAll(() => gateway.close());

test('a message is accepted with its number and its position', async () => {
  const { id } = await gateway.createSession();
  const first = await gateway.call('POST', `/v1/sessions/${id}/messages`, {
    body: { text: '  Hello.  ', expiresAfter: 60_000 },
  });
  expect(first.status).toBe(202);
  expect(MessageAccepted.parse(first.body)).toMatchObject({
    sessionId: id,
    seq: 1,
    state: 'accepted',
    position: 0,
  });
  expect(await gateway.post(id, 'Again.')).toMatchObject({ seq: 2, position: 1 });

  const message = Message.parse(
    (await gateway.call('GET', `/v1/sessions/${id}/messages/${(first.body as Message).id}`)).body,
  );
  expect(message).toMatchObject({ text: 'Hello.', mode: 'repeat', state: 'accepted', seq: 1 });
  expect(message.expiresAt).toBe(message.acceptedAt + 60_000);
});

test('messages are listed in order, page by page, and by state', async () => {
  const { id } = await gateway.createSession();
  for (const text of ['One.', 'Two.', 'Three.']) await gateway.post(id, text);
  const list = async (query: string) =>
    MessageList.parse((await gateway.call('GET', `/v1/sessions/${id}/messages${query}`)).body);
  expect((await list('')).messages.map(({ text }) => text)).toEqual(['One.', 'Two.', 'Three.']);
  expect((await list('?limit=2')).messages.map(({ seq }) => seq)).toEqual([1, 2]);
  expect((await list('?after=2')).messages.map(({ seq }) => seq)).toEqual([3]);
  expect((await list('?state=spoken')).messages).toEqual([]);
});

test('the same Idempotency-Key is one message; another text with it is refused', async () => {
  const { id } = await gateway.createSession();
  const headers = { 'idempotency-key': 'a key of 1 to 128 characters' };
  const post = (text: string) =>
    gateway.call('POST', `/v1/sessions/${id}/messages`, { body: { text }, headers });
  const [first, again] = [await post('Hello.'), await post('Hello.')];
  expect(again.body).toEqual(first.body);
  expect([first, again].map((answer) => answer.headers.get('idempotent-replayed'))).toEqual([null, 'true']);
  expect(await post('Good bye.')).toBeProblem(422, 'idempotency-mismatch');
});

test('a full mailbox answers 429 and when to come back', async () => {
  const { id } = await gateway.createSession();
  for (let i = 0; i < 5; i++) await gateway.post(id, `Message ${i}.`);
  const refused = await gateway.call('POST', `/v1/sessions/${id}/messages`, { body: { text: 'Too many.' } });
  expect(refused).toBeProblem(429, 'mailbox-full');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
});

test('an ended session takes no messages and no interrupts', async () => {
  const { id } = await gateway.createSession();
  await gateway.call('DELETE', `/v1/sessions/${id}`);
  expect(await gateway.call('POST', `/v1/sessions/${id}/messages`, { body: { text: 'Late.' } })).toBeProblem(
    409,
    'session-ended',
  );
  expect(await gateway.call('POST', `/v1/sessions/${id}/interrupt`)).toBeProblem(409, 'session-ended');
});

test('an unknown message answers 404', async () => {
  const { id } = await gateway.createSession();
  for (const messageId of ['msg_01890000000070008000000000000000', 'msg_nope', '1']) {
    expect(await gateway.call('GET', `/v1/sessions/${id}/messages/${messageId}`)).toBeProblem(
      404,
      'unknown-message',
    );
    expect(await gateway.call('DELETE', `/v1/sessions/${id}/messages/${messageId}`)).toBeProblem(
      404,
      'unknown-message',
    );
  }
});

test('a message is dropped as long as nobody has begun to say it', async () => {
  const { id } = await gateway.createSession();
  const [waiting, speaking] = [await gateway.post(id, 'Waits.'), await gateway.post(id, 'Is said.')];
  const dropped = await gateway.call('DELETE', `/v1/sessions/${id}/messages/${waiting.id}`);
  expect(Message.parse(dropped.body)).toMatchObject({ id: waiting.id, state: 'dropped' });

  const owned = await gateway.own(id);
  await owned.updateMessage(
    speaking.id,
    { state: 'speaking' },
    { type: 'message.speaking', messageId: speaking.id, seq: 2, waitedMs: 1 },
  );
  expect(await gateway.call('DELETE', `/v1/sessions/${id}/messages/${speaking.id}`)).toBeProblem(
    409,
    'message-begun',
  );
});

test('an interrupt is accepted, with or without a body, and reaches the mailbox', async () => {
  const { id } = await gateway.createSession();
  const { status, body } = await gateway.call('POST', `/v1/sessions/${id}/interrupt`, { body: {} });
  expect(status).toBe(202);
  expect(body).toMatchObject({ sessionId: id, id: expect.any(String) });
  const { value } = await (await gateway.own(id)).commands()[Symbol.asyncIterator]().next();
  expect(value).toMatchObject({ type: 'interrupt', id: (body as { id: string }).id });
});

test('an interrupt spares what its `before` names, and is done once for each Idempotency-Key', async () => {
  const { id } = await gateway.createSession();
  const path = `/v1/sessions/${id}/interrupt`;
  const headers = { 'idempotency-key': 'enough' };
  const first = await gateway.call('POST', path, { body: { before: 1 }, headers });
  const again = await gateway.call('POST', path, { body: { before: 1 }, headers });
  expect(again).toMatchObject({ status: 202, body: first.body });
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(await gateway.call('POST', path, { body: {}, headers })).toBeProblem(422, 'idempotency-mismatch');
  expect(await gateway.call('POST', path, { body: { before: 0 } })).toBeProblem(400, 'bad-request');
});

test('a message interrupts or replaces those before it when its policy says so', async () => {
  const { id } = await gateway.createSession();
  const post = (body: object) => gateway.call('POST', `/v1/sessions/${id}/messages`, { body });
  await post({ text: 'stale' });
  expect(await post({ text: 'fresh', policy: 'replace' })).toMatchObject({
    status: 202,
    body: { position: 0 },
  });
  expect(await post({ text: 'urgent', policy: 'interrupt' })).toMatchObject({
    status: 202,
    body: { seq: 3 },
  });
  expect((await gateway.store.readEvents(id)).map(({ type }) => type)).toEqual([
    'session.queued',
    'message.accepted',
    'message.dropped',
    'message.accepted',
    'interrupt.accepted',
    'message.accepted',
  ]);
  expect(await post({ text: 'x', policy: 'shout' })).toBeProblem(400, 'bad-request');
});
