import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../src/faults/fault.ts';
import { ChatClient } from './chat-client.ts';
import { Double } from '../double.ts';

let double: Double;
beforeAll(async () => {
  double = await Double.start();
});
beforeEach(async () => {
  await double.admin('POST', '/reset');
});
afterAll(() => double.simulator.close());

type Ordered = Fault extends infer F ? (F extends Fault ? Partial<F> & { kind: F['kind'] } : never) : never;
const order = async (fault: Ordered): Promise<{ sessions: string[] }> => {
  const answer = await double.admin('POST', '/faults', fault);
  expect(answer.status).toBe(201);
  return answer.body as { sessions: string[] };
};
const remaining = async (): Promise<unknown[]> =>
  (await double.admin('GET', '/faults')).body['faults'] as unknown[];

describe('a request fault', () => {
  it('refuses as often as ordered, as any error of the vendor', async () => {
    await order({ kind: 'refuse', path: '/v1/streaming.create_token', error: 'forbidden', times: 2 });
    expect(await double.post('/v1/streaming.create_token')).toMatchObject({
      status: 403,
      body: { code: 400562, message: 'forbidden' },
    });
    expect((await double.post('/v1/streaming.new', { version: 'v2' })).status).toBe(200);
    expect((await double.post('/v1/streaming.create_token')).status).toBe(403);
    expect((await double.post('/v1/streaming.create_token')).status).toBe(200);
    expect(await remaining()).toEqual([]);
  });

  it('refuses with a status, words and a Retry-After of its own, or a gateway page', async () => {
    await order({ kind: 'refuse', path: '*', status: 429, message: 'slow down', code: 7, retryAfter: 3 });
    const limited = await double.get('/v1/streaming.list');
    expect(limited).toMatchObject({ status: 429, body: { code: 7, message: 'slow down' } });
    expect(limited.headers.get('retry-after')).toBe('3');
    await order({ kind: 'refuse', path: '*', status: 502, body: '<h1>Bad gateway</h1>' });
    expect(await double.get('/v1/streaming.list')).toMatchObject({
      status: 502,
      body: { text: '<h1>Bad gateway</h1>' },
    });
  });

  it('hits one session, or one mode of tasks, when told so', async () => {
    const { id } = await double.connected();
    const { id: other } = await double.connected();
    await order({
      kind: 'refuse',
      path: '/v1/streaming.task',
      sessionId: id,
      taskMode: 'async',
      status: 503,
    });
    expect((await double.task(other, 'hi', { task_mode: 'async' })).status).toBe(200);
    expect((await double.task(id, 'hi')).status).toBe(200);
    expect((await double.task(id, 'hi', { task_mode: 'async' })).status).toBe(503);
  });

  it('delays before or after the work', async () => {
    const { id } = await double.connected();
    for (const phase of ['before', 'after'] as const) {
      await order({ kind: 'delay', path: '/v1/streaming.task', ms: 300, phase });
      const at = performance.now();
      const answer = double.task(id, phase, { task_mode: 'async' });
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect((await double.session(id)).tasks.some((task) => task.text === phase)).toBe(phase === 'after');
      expect((await answer).status).toBe(200);
      expect(performance.now() - at).toBeGreaterThan(290);
    }
  });

  it('hangs until the client gives up or the faults are deleted', async () => {
    const { id, media } = await double.connected();
    await order({
      kind: 'hang',
      path: '/v1/streaming.task',
      taskMode: 'sync',
      phase: 'after',
      times: 'always',
    });
    const options = {
      method: 'POST',
      headers: { 'x-api-key': 'the-account-key' },
      body: JSON.stringify({ session_id: id, text: 'heard' }),
    };
    const impatient = fetch(`${double.url}/v1/streaming.task`, {
      ...options,
      signal: AbortSignal.timeout(200),
    });
    await expect(impatient).rejects.toThrow('timeout');
    expect(media.spoken).toEqual(['heard']);
    const patient = fetch(`${double.url}/v1/streaming.task`, options).catch((error: unknown) => error);
    await double.until(id, (session) => session.tasks[1]?.stoppedAt !== undefined);
    await double.admin('DELETE', '/faults');
    expect(await patient).toBeInstanceOf(TypeError);
    expect((await double.task(id, 'again')).status).toBe(200);
  });

  it('cuts the connection, before or after the work', async () => {
    const { id, media } = await double.connected();
    await order({ kind: 'cut', path: '/v1/streaming.task' });
    await expect(double.task(id, 'not heard')).rejects.toThrow('fetch failed');
    await order({ kind: 'cut', path: '/v1/streaming.task', phase: 'after' });
    await expect(double.task(id, 'heard')).rejects.toThrow('fetch failed');
    expect(media.spoken).toEqual(['heard']);
    const { requests } = (await double.admin('GET', '/requests')).body as {
      requests: { path: string; status: number | null }[];
    };
    expect(requests.filter(({ path }) => path === '/v1/streaming.task').map(({ status }) => status)).toEqual([
      null,
      null,
    ]);
  });

  it('refuses the socket, too', async () => {
    const { id } = await double.connected();
    await order({ kind: 'refuse', path: '/v1/ws/streaming.chat', status: 503 });
    await expect(ChatClient.open(double, id)).rejects.toThrow('refused with 503');
    (await ChatClient.open(double, id)).close();
  });
});

describe('a session fault', () => {
  it('drops one session, or all of them', async () => {
    const { id } = await double.connected();
    const { id: other } = await double.connected();
    expect((await order({ kind: 'drop-session', sessionId: id })).sessions).toEqual([id]);
    expect(await double.session(id)).toMatchObject({ state: 'closed', closeReason: 'dropped' });
    expect(await double.session(other)).toMatchObject({ state: 'connected' });
    expect((await order({ kind: 'drop-session' })).sessions).toEqual([other]);
  });

  it('drops the sockets and leaves the session', async () => {
    const { id } = await double.connected();
    const chat = await ChatClient.open(double, id);
    await order({ kind: 'drop-socket', sessionId: id });
    expect(await chat.closed).toBe(1011);
    expect(await double.session(id)).toMatchObject({ state: 'connected' });
  });

  it('stalls the media for a while, or until the faults are deleted', async () => {
    const { id, media } = await double.connected();
    await order({ kind: 'stall-media', sessionId: id, media: 'video', ms: 50 });
    await expect
      .poll(() => media.stalls)
      .toEqual([
        ['video', true],
        ['video', false],
      ]);
    await order({ kind: 'stall-media', sessionId: id });
    expect(media.stalls.at(-1)).toEqual(['both', true]);
    expect(await remaining()).toHaveLength(1);
    await double.admin('DELETE', '/faults');
    expect(media.stalls.at(-1)).toEqual(['both', false]);
    expect(media.stalls).toHaveLength(4);
  });

  it('lets a session start without tracks', async () => {
    await order({ kind: 'no-media' });
    const id = await double.opened();
    await double.post('/v1/streaming.start', { session_id: id });
    await double.connected();
    expect(await double.session(id)).toMatchObject({ state: 'connecting' });
  });
});

describe('an event fault', () => {
  it('loses events of as many tasks as ordered', async () => {
    const { id, media } = await double.connected();
    await order({
      kind: 'lose-events',
      sessionId: id,
      events: ['avatar_start_talking', 'avatar_stop_talking'],
    });
    await double.task(id, 'One.');
    expect(media.sent.map(({ type }) => type)).toEqual(['avatar_talking_message', 'avatar_end_message']);
    await double.task(id, 'Two.');
    expect(media.sent.slice(2).map(({ type }) => type)).toContain('avatar_start_talking');
  });

  it('sends events in the wrong order', async () => {
    const { id, media } = await double.connected();
    await order({ kind: 'disorder-events' });
    await double.task(id, 'One.');
    expect(media.sent.map(({ type }) => type)).toEqual([
      'avatar_talking_message',
      'avatar_stop_talking',
      'avatar_start_talking',
      'avatar_end_message',
    ]);
  });
});

describe('an order', () => {
  it('that is wrong is refused with the reason', async () => {
    for (const [fault, reason] of [
      [{ kind: 'explode' }, 'kind'],
      [{ kind: 'refuse', path: '/v1/nowhere' }, 'path'],
      [{ kind: 'refuse', path: '*', tims: 3 }, 'tims'],
      [{ kind: 'lose-events', events: ['avatar_cries'] }, 'events'],
    ] as const) {
      const answer = await double.admin('POST', '/faults', fault);
      expect(answer.status).toBe(400);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.body['detail']).toContain(reason);
    }
  });

  it('needs a JSON content type, which no foreign page can send', async () => {
    const answer = await fetch(`${double.simulator.adminUrl}/faults`, {
      method: 'POST',
      body: '{"kind":"drop-session"}',
    });
    expect(answer.status).toBe(415);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('to reset forgets sessions, requests and tokens', async () => {
    const token = await double.token();
    const { id } = await double.connected();
    await double.admin('POST', '/reset');
    expect((await double.admin('GET', '/sessions')).body).toEqual({ sessions: [] });
    expect((await double.admin('GET', '/requests')).body).toEqual({ requests: [] });
    expect((await double.admin('GET', `/sessions/${id}`)).status).toBe(404);
    expect((await double.get('/v1/streaming.list', { token })).status).toBe(401);
  });
});
