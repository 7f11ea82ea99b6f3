import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Problem, socketClose, type MessageAccepted, type ViewerAccess } from '@avatar-bridge/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { chatbotKey, testGateway, type TestGateway } from './support/gateway.ts';
import { openSocket } from './support/web-socket.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway();
});
afterAll(() => gateway.close());

test('messages and interrupts go in and are answered by their own ids; events come out until the session has ended', async () => {
  const { id } = await gateway.createSession();
  const socket = await openSocket(gateway.url, id);
  socket.send({ type: 'message', id: 'first', message: { text: 'Hello.' } });
  socket.send({ type: 'interrupt', id: 'second' });
  socket.send({ type: 'ping', id: 'third' });
  expect(await socket.answer('first')).toMatchObject({
    type: 'answer',
    result: { sessionId: id, seq: 1, state: 'accepted' },
  });
  expect(await socket.answer('second')).toMatchObject({ type: 'answer', result: { sessionId: id } });
  expect(await socket.answer('third')).toMatchObject({ type: 'answer', result: { at: expect.any(Number) } });
  await gateway.call('DELETE', `/v1/sessions/${id}`);
  expect(await socket.closed).toEqual({ code: socketClose.ended, reason: 'the session has ended' });
  expect(socket.events.map(({ type }) => type)).toEqual([
    'session.queued',
    'message.accepted',
    'interrupt.accepted',
    'message.dropped',
    'session.ended',
  ]);
});

test('messages sent one after another, without waiting, are accepted in that order', async () => {
  const { id } = await gateway.createSession();
  const socket = await openSocket(gateway.url, id);
  for (let i = 0; i < 300; i++)
    socket.send({ type: 'message', id: `m${i}`, message: { text: `Message ${i}.` } });
  await socket.until(() => socket.answers.length === 300);
  expect(
    socket.answers.map((answer) =>
      answer.type === 'answer' ? [answer.id, (answer.result as MessageAccepted).seq] : answer,
    ),
  ).toEqual(Array.from({ length: 300 }, (_, i) => [`m${i}`, i + 1]));
  socket.socket.close();
});

test('a message’s id makes a repetition harmless', async () => {
  const { id } = await gateway.createSession();
  const [one, two] = [await openSocket(gateway.url, id), await openSocket(gateway.url, id)];
  for (const socket of [one, two]) socket.send({ type: 'message', id: 'same', message: { text: 'Once.' } });
  expect(await one.answer('same')).toEqual(await two.answer('same'));
  two.send({ type: 'message', id: 'same', message: { text: 'Something else.' } });
  await two.until(() => two.answers.length === 2);
  expect(two.answers[1]).toMatchObject({ type: 'error', id: 'same', problem: { status: 422 } });
  for (const { socket } of [one, two]) socket.close();
});

test.each([
  ['not json', null, 'not-json', undefined],
  ['[]', null, 'bad-request', ['frame']],
  [{ type: 'sing', id: 'a' }, 'a', 'bad-request', ['type']],
  [
    { type: 'message', id: 'b', message: { text: '', mode: 'sing' } },
    'b',
    'bad-request',
    ['message.mode', 'message.text'],
  ],
  [{ type: 'interrupt' }, null, 'bad-request', ['id']],
  [{ type: 'ping', id: 'x'.repeat(200) }, null, 'bad-request', ['id']],
  [{ type: 'ping', id: 'c', more: 1 }, 'c', 'bad-request', ['more']],
])('%j is refused under its id, and the socket stays', async (frame, frameId, code, fields) => {
  const { id } = await gateway.createSession();
  const { socket, answer, send } = await openSocket(gateway.url, id);
  socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  const refused = await answer(frameId);
  const problem = Problem.parse(refused.type === 'error' && refused.problem);
  expect(problem.type).toBe(`urn:avatar-bridge:problem:${code}`);
  expect(problem.errors?.map(({ field }) => field).toSorted()).toEqual(fields);
  send({ type: 'ping', id: 'still there' });
  await answer('still there');
  socket.close();
});

test('what is no request at all closes the socket: binary frames, and frames over 64 kB', async () => {
  const { id } = await gateway.createSession();
  const binary = await openSocket(gateway.url, id);
  binary.socket.send(Buffer.from('{}'));
  expect((await binary.closed).code).toBe(socketClose.refused);
  const large = await openSocket(gateway.url, id);
  large.socket.send('x'.repeat(70_000));
  expect((await large.closed).code).toBe(1009);
});

test('a reader goes on behind the event he names', async () => {
  const { id } = await gateway.createSession();
  for (const text of ['One.', 'Two.']) await gateway.post(id, text);
  const first = await openSocket(gateway.url, id);
  await first.until(() => first.events.length === 3);
  first.socket.close();
  const second = await openSocket(gateway.url, id, { after: first.events[1]?.id });
  await second.until(() => second.events.length === 1);
  expect(second.events[0]).toEqual(first.events[2]);
  second.socket.close();
});

test('a ticket comes in as a subprotocol, and only our own is spoken', async () => {
  const { id } = await gateway.createSession();
  const { ticket } = (await gateway.call('POST', `/v1/sessions/${id}/viewers`, { body: { control: true } }))
    .body as ViewerAccess;
  const socket = await openSocket(gateway.url, id, {
    headers: {},
    protocols: ['avatar-bridge', `bearer.${ticket}`],
  });
  expect(socket.socket.protocol).toBe('avatar-bridge');
  socket.send({ type: 'message', id: 'a', message: { text: 'From a page.' } });
  expect(await socket.answer('a')).toMatchObject({ type: 'answer' });
  socket.socket.close();
});

test.each([
  ['without a key', '', {}, 401, 'missing-key'],
  ['of an unknown session', 'ses_01890000000070008000000000000000', undefined, 404, 'unknown-session'],
  ['from a strange place', '', undefined, 400, 'bad-request'],
])(
  'an upgrade %s is refused with a problem',
  async (name, unknown, headers = { authorization: `Bearer ${chatbotKey}` }, status, code) => {
    const id = unknown || (await gateway.createSession()).id;
    const after = name.includes('strange') ? '?after=yesterday' : '';
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/v1/sessions/${id}/socket${after}`, {
      headers,
    });
    socket.on('error', () => {});
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    const text = Buffer.concat(await response.toArray()).toString();
    const answer = {
      status: response.statusCode ?? 0,
      headers: new Headers(response.headers as Record<string, string>),
      body: JSON.parse(text),
      text,
    };
    expect(answer).toBeProblem(status, code);
    expect(response.headers['x-request-id']).toBeTypeOf('string');
    expect('www-authenticate' in response.headers).toBe(status === 401);
  },
);

test('whoever does not answer pings is dropped, whoever does stays', async () => {
  await using own = await testGateway({}, { heartbeat: 100 });
  const { id } = await own.createSession();
  const [silent, lively] = [
    await openSocket(own.url, id, { autoPong: false }),
    await openSocket(own.url, id),
  ];
  expect((await silent.closed).code).toBe(1006);
  lively.send({ type: 'ping', id: 'here' });
  await lively.answer('here');
  lively.socket.close();
});

test('a slow reader is disconnected with a code that says so, and goes on where he was', async () => {
  await using own = await testGateway({}, { buffer: 64 * 1024, patience: 200 });
  const { id } = await own.createSession();
  const owned = await own.own(id);
  const slow = await openSocket(own.url, id);
  slow.socket.pause();
  const payload = 'x'.repeat(50_000);
  for (let i = 0; i < 400; i++)
    await owned.append({ type: 'vendor.event', source: 'room', name: `${i}`, payload });
  await expect
    .poll(async () => (await own.call('GET', '/metrics')).text, { timeout: 10_000 })
    .toMatch(/slow_readers_total\{kind="websocket"\} 1/);
  slow.socket.resume();
  expect((await slow.closed).code).toBe(socketClose.slowReader);
  expect(slow.events.length).toBeLessThan(402);

  await using patient = await testGateway({ BRIDGE_ACCOUNT: own.store.account });
  const again = await openSocket(patient.url, id, { after: slow.events.at(-1)?.id });
  await again.until(() => slow.events.length + again.events.length === 402);
  const names = [...slow.events, ...again.events].flatMap((event) =>
    event.type === 'vendor.event' ? [Number(event.name)] : [],
  );
  expect(names).toEqual(Array.from({ length: 400 }, (_, i) => i));
  again.socket.close();
}, 60_000);
