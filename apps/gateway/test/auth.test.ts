import type { ViewerAccess } from '@avatar-bridge/contracts';
import { sign } from 'hono/jwt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chatbotKey, operatorKey, testGateway, type TestGateway } from './support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway();
});
afterAll(() => gateway.close());

const liveKitSecret = (): string => gateway.env.LIVEKIT_API_SECRET ?? '';
const basic = (password: string): { authorization: string } => ({
  authorization: `Basic ${Buffer.from(`any:${password}`).toString('base64')}`,
});
const list = (headers: Record<string, string>) => gateway.call('GET', '/v1/sessions', { key: null, headers });

test.each([
  {},
  { authorization: 'Bearer nobody-knows-this-key' },
  { authorization: 'Bearer' },
  { authorization: chatbotKey },
  basic(chatbotKey),
])('strangers are told how to come in (%#)', async (headers) => {
  const answer = await list(headers);
  expect(answer).toBeProblem(401, 'missing-key');
  expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm=/);
});

test('both roles may use the API, and the scheme is written in any case', async () => {
  for (const key of [chatbotKey, operatorKey])
    expect((await gateway.call('GET', '/v1/sessions', { key })).status).toBe(200);
  expect((await list({ authorization: `bearer ${chatbotKey}` })).status).toBe(200);
});

test('the operators’ pages are for operators, by Bearer or by Basic', async () => {
  const open = (headers: Record<string, string>) =>
    gateway.call('GET', '/operators/queues', { key: null, headers });
  expect((await open({ authorization: `Bearer ${operatorKey}` })).status).toBe(200);
  expect((await open(basic(operatorKey))).status).toBe(200);
  expect(await open({ authorization: `Bearer ${chatbotKey}` })).toBeProblem(403, 'wrong-role');
  expect(await gateway.call('GET', '/operators', { key: null })).toBeProblem(401, 'missing-key');
  const stranger = await open({});
  expect(stranger).toBeProblem(401, 'missing-key');
  expect(stranger.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
});

test('a browser’s Basic password works for our own pages only', async () => {
  const { host } = new URL(gateway.url);
  expect(
    (await list({ ...basic(operatorKey), 'sec-fetch-site': 'same-origin', origin: `http://${host}` })).status,
  ).toBe(200);
  expect(await list({ ...basic(operatorKey), 'sec-fetch-site': 'cross-site' })).toBeProblem(
    401,
    'missing-key',
  );
  expect(await list({ ...basic(operatorKey), origin: 'https://elsewhere.example' })).toBeProblem(
    401,
    'missing-key',
  );
  expect(await list({ ...basic(operatorKey), origin: 'null' })).toBeProblem(401, 'missing-key');
});

test('forged and foreign tickets are refused as strangers', async () => {
  const soon = Math.floor(Date.now() / 1000) + 60;
  const forged = [
    await sign({ sub: 'ses_1', grants: ['say'], exp: soon, aud: 'avatar-bridge' }, 'another secret', 'HS256'),
    // The LiveKit secret itself is not the tickets' key: a viewer's token is no ticket.
    await sign({ sub: 'ses_1', grants: ['say'], exp: soon, aud: 'avatar-bridge' }, liveKitSecret(), 'HS256'),
    `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${Buffer.from(`{"sub":"ses_1","grants":["say"],"aud":"avatar-bridge","exp":${soon}}`).toString('base64url')}.`,
  ];
  const { id } = await gateway.createSession();
  const { token } = (await gateway.call('POST', `/v1/sessions/${id}/viewers`)).body as ViewerAccess;
  for (const key of [...forged, token])
    expect(await gateway.call('GET', '/v1/sessions', { key })).toBeProblem(401, 'missing-key');
});
