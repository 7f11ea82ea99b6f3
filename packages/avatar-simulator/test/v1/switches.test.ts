import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { switchCatalogue, type SwitchValues } from '../../src/switches.ts';
import { dataOf, Double } from '../double.ts';
import { ChatClient } from './chat-client.ts';

let double: Double;
beforeAll(async () => {
  double = await Double.start();
});
beforeEach(async () => {
  await double.admin('POST', '/reset');
});
afterAll(() => double.simulator.close());

const turn = (patch: Partial<SwitchValues>): Promise<unknown> => double.admin('PATCH', '/switches', patch);
/** The kinds of messages one task sends. */
const spokenKinds = async (text: string, key = 'type'): Promise<unknown[]> => {
  const { id, media } = await double.connected();
  await double.task(id, text);
  return media.sent.map((message) => message[key]);
};

describe('the switches', () => {
  it('say what each variant does and where it is from, and start with the first', async () => {
    const { values, catalogue } = (await double.admin('GET', '/switches')).body as {
      values: SwitchValues;
      catalogue: typeof switchCatalogue;
    };
    expect(catalogue).toEqual(switchCatalogue);
    for (const [name, { variants, source }] of Object.entries(switchCatalogue)) {
      expect(Object.keys(variants).length).toBeGreaterThan(1);
      expect(source.length).toBeGreaterThan(5);
      expect(values[name as keyof SwitchValues]).toBe(Object.keys(variants)[0]);
    }
  });

  it('refuse what they do not know', async () => {
    expect(await double.admin('PATCH', '/switches', { taskQueueing: 'maybe' })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('taskQueueing') },
    });
    expect(await double.admin('PATCH', '/switches', { unheardOf: 'x' })).toMatchObject({ status: 400 });
  });

  it('go back with a reset', async () => {
    await turn({ successEnvelope: 'error-null' });
    await double.admin('POST', '/reset');
    expect((await double.post('/v1/streaming.create_token')).body).toMatchObject({ code: 100 });
  });
});

describe('each switch has a second variant', () => {
  it('sunset: on', async () => {
    await turn({ sunset: 'on' });
    for (const path of ['/v1/streaming.list', '/v2/streaming.list', '/v1/streaming/avatar.list']) {
      expect(await double.get(path)).toMatchObject({
        status: 410,
        body: { error: { code: 'endpoint_sunset' } },
      });
    }
    expect((await double.post('/v1/streaming.new', { version: 'v2' })).status).toBe(410);
    expect((await double.get('/v2/voices')).status).toBe(200);
  });

  it('successEnvelope: error-null', async () => {
    await turn({ successEnvelope: 'error-null' });
    expect((await double.post('/v1/streaming.create_token')).body).toEqual({
      error: null,
      data: { token: expect.any(String) },
    });
  });

  it('plainAnswers: status', async () => {
    await turn({ plainAnswers: 'status' });
    const id = await double.opened();
    expect((await double.post('/v1/streaming.start', { session_id: id })).body).toEqual({
      status: 'success',
    });
    expect((await double.post('/v1/streaming.stop', { session_id: id })).body).toEqual({ status: 'success' });
  });

  it('createTokenContentType: required', async () => {
    const bare = (): Promise<Response> =>
      fetch(`${double.url}/v1/streaming.create_token`, {
        method: 'POST',
        headers: { 'x-api-key': 'the-account-key' },
      });
    expect((await bare()).status).toBe(200);
    await turn({ createTokenContentType: 'required' });
    const refused = await bare();
    expect(refused.status).toBe(415);
    expect(await refused.json()).toEqual({
      detail: "Unsupported media type '' in request. 'application/json' is required.",
    });
    await double.token();
  });

  it('bearerApiKey: accepted', async () => {
    expect((await double.get('/v1/streaming.list', { token: 'the-account-key' })).status).toBe(401);
    await turn({ bearerApiKey: 'accepted' });
    expect((await double.get('/v1/streaming.list', { token: 'the-account-key' })).status).toBe(200);
  });

  it('unknownSession: invalid-session', async () => {
    await turn({ unknownSession: 'invalid-session' });
    expect(await double.post('/v1/streaming.stop', { session_id: 'x' })).toMatchObject({
      status: 400,
      body: { code: 10002, message: 'invalid session' },
    });
  });

  it('concurrencyCode: code-10004 and none', async () => {
    await using full = await Double.start({ limits: { concurrency: 1 } });
    await full.opened();
    const refusal = async (): Promise<unknown> =>
      (await full.post('/v1/streaming.new', { version: 'v2' })).body['code'];
    expect(await refusal()).toBe(10007);
    await full.admin('PATCH', '/switches', { concurrencyCode: 'code-10004' });
    expect(await refusal()).toBe(10004);
    await full.admin('PATCH', '/switches', { concurrencyCode: 'none' });
    expect(await refusal()).toBeUndefined();
  });

  it('taskQueueing: override', async () => {
    await turn({ taskQueueing: 'override' });
    const { id, media } = await double.connected();
    const first = double.task(id, 'x'.repeat(900));
    await double.until(id, (session) => session.tasks[0]?.startedAt !== undefined);
    await double.task(id, 'instead');
    expect(dataOf<{ duration_ms: number }>(await first).duration_ms).toBeLessThan(900);
    expect(media.spoken).toEqual(['x'.repeat(900), 'instead']);
    expect((await double.session(id)).tasks[0]).toMatchObject({ interruptedAt: expect.any(Number) });
  });

  it('syncAnswers: at-once', async () => {
    await turn({ syncAnswers: 'at-once' });
    const { id } = await double.connected();
    await double.task(id, 'x'.repeat(900), { task_mode: 'sync' });
    expect((await double.session(id)).tasks[0]!.stoppedAt).toBeUndefined();
  });

  it('roomEventKey: event_type', async () => {
    await turn({ roomEventKey: 'event_type' });
    expect(await spokenKinds('Hi.', 'event_type')).toContain('avatar_start_talking');
  });

  it('socketEventKey: type', async () => {
    await turn({ socketEventKey: 'type' });
    const { id } = await double.connected();
    const chat = await ChatClient.open(double, id);
    await double.admin('POST', `/sessions/${id}/user`, { event: 'user_start' });
    expect(await chat.next()).toEqual({ type: 'user_start' });
    chat.close();
  });

  it('talkingMessages: whole', async () => {
    await turn({ talkingMessages: 'whole' });
    const { id, media } = await double.connected();
    await double.task(id, 'Hello out there.');
    expect(media.sent.filter(({ type }) => type === 'avatar_talking_message')).toMatchObject([
      { message: 'Hello out there.' },
    ]);
  });

  it('endMessage: with-text', async () => {
    await turn({ endMessage: 'with-text' });
    expect(await spokenKinds('Hello out there.')).toEqual([
      'avatar_talking_message',
      'avatar_start_talking',
      'avatar_talking_message',
      'avatar_talking_message',
      'avatar_end_message',
      'avatar_stop_talking',
    ]);
  });

  it('stopMessageDuration: absent', async () => {
    await turn({ stopMessageDuration: 'absent' });
    const { id, media } = await double.connected();
    await double.task(id, 'Hi.');
    expect(media.sent.find(({ type }) => type === 'avatar_stop_talking')).not.toHaveProperty('duration_ms');
  });

  it('createdAtUnit: milliseconds', async () => {
    await turn({ createdAtUnit: 'milliseconds' });
    await double.opened();
    const { sessions } = dataOf<{ sessions: { created_at: number }[] }>(
      await double.get('/v1/streaming.list'),
    );
    expect(Math.abs(sessions[0]!.created_at - Date.now())).toBeLessThan(10_000);
  });
});
