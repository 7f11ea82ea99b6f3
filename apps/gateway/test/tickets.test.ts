import type { Session, TicketGrant, ViewerAccess } from '@avatar-bridge/contracts';
import { decode } from 'hono/jwt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Tickets } from '../src/auth/tickets.ts';
import { Secret } from '../src/secret.ts';
import { type Answer, testGateway, type TestGateway } from './support/gateway.ts';
import { openSocket } from './support/web-socket.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway();
});
afterAll(() => gateway.close());

type Holder = {
  id: string;
  ticket: string;
  call: (method: string, path: string, body?: unknown) => Promise<Answer>;
};

/** Somebody with a link to a session, and nothing else. */
async function holder(control: true | TicketGrant[] = true, request: object = {}): Promise<Holder> {
  const { id } = await gateway.createSession(request);
  const { body } = await gateway.call('POST', `/v1/sessions/${id}/viewers`, { body: { control } });
  const { ticket = '' } = body as ViewerAccess;
  return {
    id,
    ticket,
    call: (method, path, json) =>
      gateway.call(method, path, { key: ticket, ...(json !== undefined && { body: json }) }),
  };
}

describe('what a ticket allows', () => {
  test('lets a viewer say, interrupt and stop by default, and tells which', async () => {
    const { id, call } = await holder();
    const own = `/v1/sessions/${id}`;
    const access = (await call('POST', `${own}/viewers`, { control: true })).body as ViewerAccess;
    expect(access.grants).toEqual(['say', 'interrupt', 'stop']);
    const posted = await call('POST', `${own}/messages`, { text: 'From a page.' });
    expect(posted.status).toBe(202);
    const { id: messageId } = posted.body as { id: string };
    expect((await call('DELETE', `${own}/messages/${messageId}`)).status).toBe(200);
    expect((await call('POST', `${own}/interrupt`)).status).toBe(202);
    expect((await call('GET', own)).status).toBe(200);
    expect((await call('DELETE', own)).status).toBe(200);
    expect(await call('POST', `${own}/restart`)).toBeProblem(403, 'missing-grant');
  });

  test.each<[TicketGrant, string, string, unknown]>([
    ['say', 'POST', '/messages', { text: 'No.' }],
    ['interrupt', 'POST', '/messages', { text: 'No.', policy: 'interrupt' }],
    ['interrupt', 'POST', '/messages', { text: 'No.', policy: 'replace' }],
    ['interrupt', 'POST', '/interrupt', undefined],
    ['interrupt', 'DELETE', '/messages/msg_01a23b4c-0000-7000-8000-000000000000', undefined],
    ['stop', 'DELETE', '', undefined],
    ['restart', 'POST', '/restart', undefined],
  ])('refuses what needs %s without it: %s %s', async (grant, method, path, body) => {
    const others = (['say', 'interrupt', 'stop', 'restart'] as const).filter((one) => one !== grant);
    const { id, call } = await holder(others);
    expect(await call(method, `/v1/sessions/${id}${path}`, body)).toBeProblem(403, 'missing-grant');
  });

  test('holds over a WebSocket, too', async () => {
    const { id, ticket } = await holder(['stop']);
    const socket = await openSocket(gateway.url, id, {
      protocols: ['avatar-bridge', `bearer.${ticket}`],
      headers: {},
    });
    socket.socket.send(JSON.stringify({ type: 'message', id: '1', message: { text: 'No.' } }));
    socket.socket.send(JSON.stringify({ type: 'interrupt', id: '2' }));
    socket.socket.send(JSON.stringify({ type: 'ping', id: '3' }));
    await socket.until(() => socket.answers.length >= 3);
    expect(socket.answers.map((answer) => (answer.type === 'error' ? answer.problem.status : 'ok'))).toEqual([
      403,
      403,
      'ok',
    ]);
    socket.socket.close();
  });

  test('lets a socket say something, but not silence others with it', async () => {
    const { id, ticket } = await holder(['say']);
    const socket = await openSocket(gateway.url, id, {
      protocols: ['avatar-bridge', `bearer.${ticket}`],
      headers: {},
    });
    for (const policy of ['queue', 'replace'])
      socket.socket.send(JSON.stringify({ type: 'message', id: policy, message: { text: 'Now.', policy } }));
    await socket.until(() => socket.answers.length >= 2);
    const outcomes = socket.answers.map((answer) => [
      answer.id,
      answer.type === 'error' && answer.problem.status,
    ]);
    expect(Object.fromEntries(outcomes)).toEqual({ queue: false, replace: 403 });
    socket.socket.close();
  });

  test('ends what was opened with it when it ends, and lets nobody stay longer', async () => {
    const { id: sessionId } = await gateway.createSession();
    const expiresAt = Math.floor(Date.now() / 1000) * 1000 + 30_000;
    const key = await new Tickets(new Secret(gateway.env.LIVEKIT_API_SECRET ?? '')).issue({
      sessionId,
      grants: ['say'],
      expiresAt,
    });
    const { body } = await gateway.call('POST', `/v1/sessions/${sessionId}/viewers`, {
      key,
      body: { control: ['say'] },
    });
    const access = body as ViewerAccess;
    expect(access.expiresAt).toBe(expiresAt);
    for (const token of [access.ticket, access.token])
      expect(Number(decode(token ?? '').payload.exp) * 1000).toBeLessThanOrEqual(expiresAt + 1_000);
  });
});

describe('restart', () => {
  test('opens one successor with the same settings in a room of its own, and only after the end', async () => {
    const settings = {
      avatar: { id: 'Wayne_20240711', quality: 'low' },
      metadata: { desk: '7' },
      room: 'lobby',
    };
    const { id, ticket, call } = await holder(['stop', 'restart'], settings);
    expect(await call('POST', `/v1/sessions/${id}/restart`)).toBeProblem(409, 'session-open');
    await call('DELETE', `/v1/sessions/${id}`);

    const first = await call('POST', `/v1/sessions/${id}/restart`);
    expect(first.status).toBe(201);
    const successor = first.body as Session;
    expect(successor).toMatchObject({
      avatar: settings.avatar,
      metadata: settings.metadata,
      room: successor.id,
    });
    expect(successor.id).not.toBe(id);

    const again = await call('POST', `/v1/sessions/${id}/restart`);
    expect((again.body as Session).id).toBe(successor.id);
    expect(again.headers.get('idempotent-replayed')).toBe('true');

    expect(await call('GET', `/v1/sessions/${successor.id}`)).toBeProblem(403, 'missing-grant');
    const next = first.headers.get('bridge-ticket') ?? '';
    expect(decode(next).payload).toMatchObject({
      sub: successor.id,
      grants: ['stop', 'restart'],
      exp: decode(ticket).payload.exp,
    });
    expect((await gateway.call('DELETE', `/v1/sessions/${successor.id}`, { key: next })).status).toBe(200);
  });

  test('takes no settings from whoever asks', async () => {
    const { id, call } = await holder(['stop', 'restart']);
    await call('DELETE', `/v1/sessions/${id}`);
    for (const body of [{ room: 'board-meeting' }, { avatar: { id: 'somebody-else' } }, { providers: [] }])
      expect(await call('POST', `/v1/sessions/${id}/restart`, body)).toBeProblem(400, 'bad-request');
  });

  test('tries one of the session’s own providers first, when asked to', async () => {
    const providers = ['liveavatar-full', { name: 'heygen', avatarId: 'Wayne_20240711' }, 'voice-only'];
    const { id, call } = await holder(['stop', 'restart'], { providers });
    await call('DELETE', `/v1/sessions/${id}`);
    const refused = await call('POST', `/v1/sessions/${id}/restart`, { provider: 'liveavatar-lite' });
    expect(refused).toBeProblem(400, 'bad-request');
    expect(refused.body).toMatchObject({
      errors: [{ field: 'provider', rule: expect.stringContaining('liveavatar-full, heygen, voice-only') }],
    });
    const { body } = await call('POST', `/v1/sessions/${id}/restart`, { provider: 'heygen' });
    expect((body as Session).providers).toEqual([
      { name: 'heygen', avatarId: 'Wayne_20240711' },
      { name: 'liveavatar-full' },
      { name: 'voice-only' },
    ]);
  });

  test('hands out no ticket to the holder of a key', async () => {
    const { id } = await gateway.createSession();
    await gateway.call('DELETE', `/v1/sessions/${id}`);
    const answer = await gateway.call('POST', `/v1/sessions/${id}/restart`);
    expect(answer.status).toBe(201);
    expect(answer.headers.has('bridge-ticket')).toBe(false);
  });
});

describe('attacks with a ticket', () => {
  test('cannot open a session in a room it names', async () => {
    const { call } = await holder(['say', 'interrupt', 'stop', 'restart']);
    for (const body of [{ room: 'board-meeting' }, {}, { avatar: { id: 'x' } }])
      expect(await call('POST', '/v1/sessions', body)).toBeProblem(403, 'missing-grant');
  });

  test('cannot reach or list other sessions', async () => {
    const { call } = await holder(['say', 'interrupt', 'stop', 'restart']);
    const { id: other } = await gateway.createSession();
    for (const path of ['', '/messages', '/events', '/socket'].map((part) => `/v1/sessions/${other}${part}`))
      expect(await call('GET', path)).toBeProblem(403, 'missing-grant');
    expect(await call('GET', '/v1/sessions')).toBeProblem(403, 'missing-grant');
    for (const path of ['/viewers', '/messages', '/interrupt', '/restart'])
      expect(await call('POST', `/v1/sessions/${other}${path}`, {})).toBeProblem(403, 'missing-grant');
    expect(await call('DELETE', `/v1/sessions/${other}`)).toBeProblem(403, 'missing-grant');
  });

  test('cannot reach other sessions by way of its own path', async () => {
    const { id, call } = await holder();
    const { id: other } = await gateway.createSession();
    for (const detour of ['..', '%2e%2e', '%2E.'])
      expect((await call('DELETE', `/v1/sessions/${id}/${detour}/${other}`)).status).toBe(403);
    expect((await gateway.store.getSession(other)).state).toBe('queued');
  });

  test('cannot take the identity of somebody who is there', async () => {
    const { id, call } = await holder(true, { room: 'town-hall' });
    expect(await call('POST', `/v1/sessions/${id}/viewers`, { identity: 'host' })).toBeProblem(
      403,
      'missing-grant',
    );
    const { body } = await call('POST', `/v1/sessions/${id}/viewers`, { name: 'Ada' });
    expect((body as ViewerAccess).identity).toMatch(/^viewer-[0-9a-f]{16}$/);
  });

  test('cannot pass on more than it grants', async () => {
    const { id, call } = await holder(['say']);
    const viewers = `/v1/sessions/${id}/viewers`;
    for (const control of [true, ['restart'], ['say', 'stop']])
      expect(await call('POST', viewers, { control })).toBeProblem(403, 'missing-grant');
    expect(((await call('POST', viewers, { control: ['say'] })).body as ViewerAccess).grants).toEqual([
      'say',
    ]);
  });

  test('cannot open the operators’ pages', async () => {
    const { call } = await holder();
    expect(await call('GET', '/operators/queues')).toBeProblem(403, 'wrong-role');
  });
});
