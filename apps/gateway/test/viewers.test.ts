import { ViewerAccess } from '@avatar-bridge/contracts';
import { decode } from 'hono/jwt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectProblem, testGateway, type TestGateway } from './support/gateway.ts';

let gateway: TestGateway;
let viewers: string;
let id: string;
beforeAll(async () => {
  gateway = await testGateway({
    BRIDGE_VIEWER_TTL_SECONDS: '120',
    LIVEKIT_PUBLIC_URL: 'wss://live.example:7443',
  });
  ({ id } = await gateway.createSession({ room: 'town-hall' }));
  viewers = `/v1/sessions/${id}/viewers`;
});
afterAll(() => gateway.close());

test('a viewer gets a token for the stage that subscribes only, for as long as configured', async () => {
  const before = Date.now();
  const { status, body, headers } = await gateway.call('POST', viewers, { body: { name: 'Ada' } });
  const access = ViewerAccess.parse(body);
  expect(status).toBe(201);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(access).toMatchObject({
    url: 'wss://live.example:7443',
    room: 'town-hall',
    identity: expect.stringMatching(/^viewer-[0-9a-f]{16}$/),
  });
  expect(access.ticket).toBeUndefined();
  const { payload } = decode(access.token);
  // Nothing but what is set: an older LiveKit server refuses a token with a field that it does not know.
  expect(payload.roomConfig).toEqual({ emptyTimeout: 86_400, departureTimeout: 86_400, syncStreams: true });
  expect(payload).toMatchObject({
    iss: gateway.env.LIVEKIT_API_KEY,
    sub: access.identity,
    name: 'Ada',
    video: {
      roomJoin: true,
      room: 'town-hall',
      canSubscribe: true,
      canPublish: false,
      canPublishData: false,
      canUpdateOwnMetadata: false,
    },
  });
  expect(Math.abs(Number(payload.exp) * 1000 - access.expiresAt)).toBeLessThanOrEqual(2_000);
  expect(access.expiresAt - before).toBeGreaterThan(118_000);
  expect(access.expiresAt - before).toBeLessThanOrEqual(120_500);
});

test('the link keeps its credentials in the fragment: the token to watch, the ticket to control', async () => {
  const watch = ViewerAccess.parse((await gateway.call('POST', viewers)).body);
  const control = ViewerAccess.parse((await gateway.call('POST', viewers, { body: { control: true } })).body);
  for (const { link } of [watch, control]) {
    const { origin, pathname, search } = new URL(link);
    expect({ origin, pathname, search }).toEqual({
      origin: gateway.url,
      pathname: `/viewer/${id}`,
      search: '',
    });
  }
  expect(Object.fromEntries(new URLSearchParams(new URL(watch.link).hash.slice(1)))).toEqual({
    token: watch.token,
    url: watch.url,
  });
  expect(Object.fromEntries(new URLSearchParams(new URL(control.link).hash.slice(1)))).toEqual({
    ticket: control.ticket,
  });
});

test('the LiveKit server lets a viewer in with it', async () => {
  await using plain = await testGateway({ BRIDGE_PUBLIC_URL: 'https://avatars.example/' });
  const { id: other } = await plain.createSession();
  const { token, url, link } = ViewerAccess.parse(
    (await plain.call('POST', `/v1/sessions/${other}/viewers`, { body: { identity: 'ada@example' } })).body,
  );
  const answer = await fetch(`${url.replace('ws', 'http')}/rtc/validate?access_token=${token}`);
  expect([answer.status, await answer.text()]).toEqual([200, 'success']);
  expect(link.startsWith(`https://avatars.example/viewer/${other}#`)).toBe(true);
});

test.each(['avatar-ses_1', 'relay', 'relay-1', 'Avatar-x', 'no spaces', '', 'x'.repeat(65)])(
  'the identity %j is refused',
  async (identity) => {
    const problem = expectProblem(
      await gateway.call('POST', viewers, { body: { identity } }),
      400,
      'bad-request',
    );
    expect(problem.errors?.map(({ field }) => field)).toEqual(['identity']);
  },
);

test('nobody watches a session that has ended', async () => {
  const { id: over } = await gateway.createSession();
  await gateway.call('DELETE', `/v1/sessions/${over}`);
  expect(await gateway.call('POST', `/v1/sessions/${over}/viewers`)).toBeProblem(409, 'session-ended');
});
