import { AccessToken } from 'livekit-server-sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { startAvatarMedia } from '../../src/media/index.ts';
import { Viewer } from '../../src/media/testing/viewer.ts';
import { mouthRegion } from '../../src/media/picture-size.ts';
import type { SwitchValues } from '../../src/switches.ts';
import { AudioClient, tone } from '../audio-client.ts';
import { Double } from '../double.ts';
import { connect, lite, start } from './live-double.ts';

let double: Double;
beforeAll(async () => {
  double = await Double.start();
});
beforeEach(async () => {
  await double.admin('POST', '/reset');
});
afterAll(() => double.simulator.close());

const turn = (patch: Partial<SwitchValues>): Promise<unknown> => double.admin('PATCH', '/switches', patch);

async function talkative(): Promise<{ client: AudioClient; id: string }> {
  const { ws_url: url, session_id: id } = await connect(double, lite);
  return { client: await AudioClient.connected(url!), id };
}

describe('an utterance', () => {
  test('is acknowledged, begins, ends, and names what it answers', async () => {
    const { client, id } = await talkative();
    client.speak(100, 'one');
    client.speak(100, 'two');
    client.end('three');
    await client.until('agent.speak_ended');
    await vi.waitUntil(() => client.signals.at(-1) === 'idle');
    expect(client.types.slice(0, 3)).toEqual([
      'agent.audio_buffer_appended',
      'agent.audio_buffer_appended',
      'agent.audio_buffer_committed',
    ]);
    expect(client.told.slice(0, 3).map((message) => message.source_event_id)).toEqual([
      'one',
      'two',
      'three',
    ]);
    expect(client.signals).toEqual(['talking', 'speak_started', 'speak_ended', 'idle']);
    const [started, ended] = [
      await client.until('agent.speak_started'),
      await client.until('agent.speak_ended'),
    ];
    expect(started).toMatchObject({ source_event_id: 'one', task: { id: expect.any(String) } });
    expect(ended).toMatchObject({ source_event_id: 'one', task: started['task'] });
    const ids = client.told.map((message) => message['event_id']);
    expect(new Set(ids).size).toBe(ids.length);
    expect((await double.session(id)).tasks).toMatchObject([
      { taskType: 'voice', eventId: 'one', receivedMs: 200, playedMs: 200, startedAt: expect.any(Number) },
    ]);
  });

  test('needs no ids, may be sealed with its last sound, and waits for the one before', async () => {
    const { client } = await talkative();
    client.send({ type: 'start', encoding: 'pcm_s16le', sample_rate: 24_000, channels: 1 });
    client.send({ type: 'agent.speak', audio: tone(100) });
    client.send({ type: 'agent.speak_end', audio: tone(100) });
    client.speak(100, null);
    client.end();
    await client.until('agent.speak_ended', 2);
    await vi.waitUntil(() => client.signals.length === 8);
    const once = ['talking', 'speak_started', 'speak_ended', 'idle'];
    expect(client.signals).toEqual([...once, ...once]);
  });

  test('is silenced at once by an interrupt, with all that waits', async () => {
    const { client, id } = await talkative();
    client.speak(3_000, 'long');
    client.end();
    client.speak(3_000, 'next');
    await client.until('agent.speak_started');
    client.interrupt('stop');
    const stopped = performance.now();
    await client.until('agent.speak_interrupted');
    expect(performance.now() - stopped).toBeLessThan(200);
    expect(await client.until('agent.audio_buffer_cleared')).toMatchObject({ source_event_id: 'stop' });
    await vi.waitUntil(() => client.signals.at(-1) === 'idle');
    expect(client.signals).toEqual(['talking', 'speak_started', 'speak_interrupted', 'idle']);
    client.speak(50, 'after');
    client.end();
    expect(await client.until('agent.speak_ended')).toMatchObject({ source_event_id: 'after' });
    expect((await double.session(id)).tasks).toMatchObject([
      { eventId: 'long', interruptedAt: expect.any(Number) },
      { eventId: 'next', interruptedAt: expect.any(Number) },
      { eventId: 'after', playedMs: 50 },
    ]);
  });

  test('that comes too slowly is told to starve, and goes on', async () => {
    const { client } = await talkative();
    client.speak(50, 'slow');
    expect(await client.until('error')).toMatchObject({
      error: { type: 'video_starvation', event_id: 'slow' },
    });
    client.speak(50, 'slow');
    client.end();
    await client.until('agent.speak_ended');
    await vi.waitUntil(() => client.signals.at(-1) === 'idle');
    expect(client.signals).toEqual(['talking', 'speak_started', 'idle', 'talking', 'speak_ended', 'idle']);
  });
});

describe('the socket', () => {
  test('drops what comes before the avatar is up, without a word', async () => {
    await using slow = await Double.start({ startDelay: 300 });
    const { ws_url: url } = await start(slow, lite);
    await using client = await AudioClient.open(url!);
    client.speak(100, 'early');
    await client.until('session.state_updated', 2);
    expect(client.told.map(({ state }) => state)).toEqual(['connecting', 'connected']);
    client.speak(50, 'late');
    client.end();
    expect(await client.until('agent.speak_started')).toMatchObject({ source_event_id: 'late' });
  });

  test('survives anything, and says what is wrong', async () => {
    const { client } = await talkative();
    const junk = [
      '',
      '{',
      'null',
      '[]',
      { type: 5 },
      { type: 'agent.speak' },
      { type: 'agent.speak', audio: '###', event_id: 'odd' },
      { type: 'agent.speak', audio: Buffer.alloc(3).toString('base64') },
      { type: 'agent.dance' },
    ];
    for (const message of junk) client.send(message);
    client.socket.send(Buffer.from([1, 2, 3]));
    await client.until('error', 9);
    for (const { error } of client.told) expect(error).toMatchObject({ type: 'invalid_request_error' });
    expect(client.told[6]).toMatchObject({ error: { event_id: 'odd' } });
    client.end();
    client.interrupt();
    client.send({ type: 'session.keep_alive' });
    client.send({ type: 'agent.start_listening' });
    await client.until('agent.state_updated');
    expect(client.signals).toEqual(['listening']);
  });

  test('can be opened again after it was lost', async () => {
    const { ws_url: url } = await connect(double, lite);
    const first = await AudioClient.connected(url!);
    await double.admin('POST', '/faults', { kind: 'drop-socket' });
    expect(await first.closed).toBe(1011);
    await using second = await AudioClient.connected(url!);
    second.speak(50);
    second.end();
    await second.until('agent.speak_ended');
  });

  test('closes with its session, and is refused then', async () => {
    const { ws_url: url, session_id: id } = await connect(double, lite);
    const client = await AudioClient.connected(url!);
    await double.post('/v1/sessions/stop', { session_id: id });
    expect(await client.closed).toBe(1000);
    expect(client.told.map(({ state }) => state)).toEqual(['closing', 'closed']);
    await expect(AudioClient.open(url!)).rejects.toThrow('404');
    await expect(AudioClient.open(url!.replace(/[^/]+$/, 'nobody'))).rejects.toThrow('404');
  });
});

describe('each switch of LITE has a second variant', () => {
  test.each([
    ['state-only', ['talking', 'idle'], ['talking', 'idle']],
    ['speak-only', ['speak_started', 'speak_ended'], ['speak_started', 'speak_interrupted']],
  ] as const)('speakSignals %s', async (speakSignals, spoken, interrupted) => {
    await turn({ speakSignals });
    const { client } = await talkative();
    client.speak(50);
    client.end();
    await vi.waitUntil(() => client.signals.length === spoken.length);
    expect(client.signals).toEqual(spoken);
    client.told.length = 0;
    client.speak(2_000);
    await vi.waitUntil(() => client.signals.length === 1);
    client.interrupt();
    await vi.waitUntil(() => client.signals.length === interrupted.length);
    expect(client.signals).toEqual(interrupted);
  });

  test('interruptedLine interrupted-and-ended, sessionStateNames new-disconnected', async () => {
    await turn({ interruptedLine: 'interrupted-and-ended', sessionStateNames: 'new-disconnected' });
    const { client, id } = await talkative();
    client.speak(2_000);
    await client.until('agent.speak_started');
    client.interrupt();
    await client.until('agent.speak_ended');
    expect(client.signals.slice(0, 4)).toEqual([
      'talking',
      'speak_started',
      'speak_interrupted',
      'speak_ended',
    ]);
    await double.post('/v1/sessions/stop', { session_id: id });
    await client.closed;
    expect(client.told.at(-1)).toMatchObject({ state: 'disconnected' });
  });

  test('oversizedMessage', async () => {
    const { client } = await talkative();
    const big = { type: 'agent.speak', audio: tone(16_000) };
    await turn({ oversizedMessage: 'drop' });
    client.send(big);
    client.send({ type: 'agent.dance' });
    await client.until('error');
    expect(client.types).toEqual(['error']);
    await turn({ oversizedMessage: 'close' });
    client.send(big);
    expect(await client.closed).toBe(1009);
  });

  test('sessionEnd untold', async () => {
    await turn({ sessionEnd: 'untold' });
    const { client, id } = await talkative();
    await double.post('/v1/sessions/stop', { session_id: id });
    await client.closed;
    expect(client.told).toEqual([]);
  });
});

test('any message of the vendor can be ordered', async () => {
  const { client, id } = await talkative();
  const warning = { type: 'warning', warning: { type: 'slow', message: 'Rendering is slow' } };
  await double.admin('POST', `/sessions/${id}/message`, warning);
  expect(await client.until('warning')).toEqual(warning);
  expect((await double.admin('POST', `/sessions/${id}/message`, { type: 'unheard-of' })).status).toBe(400);
  const { session_id: other } = await connect(double);
  expect((await double.admin('POST', `/sessions/${other}/message`, warning)).status).toBe(409);
});

test('messages can be lost and disordered', async () => {
  await double.admin('POST', '/faults', { kind: 'lose-events', events: ['agent.state_updated'] });
  await double.admin('POST', '/faults', { kind: 'disorder-events' });
  const { client } = await talkative();
  client.speak(50);
  client.end();
  await client.until('agent.speak_started');
  expect(client.signals).toEqual(['speak_ended', 'speak_started']);
});

test("v1's realtime_endpoint is the same socket", async () => {
  const answer = await double.post('/v1/streaming.new', { version: 'v2' });
  const { session_id: id, realtime_endpoint: url } = answer.body['data'] as Record<string, string>;
  await double.post('/v1/streaming.start', { session_id: id });
  await using client = await AudioClient.connected(url!);
  client.send({ type: 'agent.audio_buffer_append', audio: tone(100), event_id: 'alpha' });
  client.send({ type: 'agent.audio_buffer_commit' });
  await client.until('agent.speak_ended');
  expect((await double.session(id!)).tasks).toMatchObject([
    { taskType: 'voice', eventId: 'alpha', playedMs: 100 },
  ]);
  await double.post('/v1/streaming.stop', { session_id: id });
  await client.closed;
  await expect(AudioClient.open(url!)).rejects.toThrow('404');
});

test("v1's interrupt silences a brought voice, too", async () => {
  const answer = await double.post('/v1/streaming.new', { version: 'v2' });
  const { session_id: id, realtime_endpoint: url } = answer.body['data'] as Record<string, string>;
  await double.post('/v1/streaming.start', { session_id: id });
  await using client = await AudioClient.connected(url!);
  client.speak(5_000);
  await client.until('agent.speak_started');
  await double.post('/v1/streaming.interrupt', { session_id: id });
  await client.until('agent.speak_interrupted');
  expect((await double.session(id!)).tasks).toMatchObject([{ interruptedAt: expect.any(Number) }]);
});

test('a face that cannot join the room it was handed ends its session', async () => {
  await using real = await Double.start({ startMedia: startAvatarMedia });
  const grants = Buffer.from(JSON.stringify({ video: { room: 'r', canPublishData: true } })).toString(
    'base64url',
  );
  const { session_id: id, ws_url: url } = await start(real, {
    ...lite,
    livekit_config: {
      livekit_url: inject('livekit').vendor.url,
      livekit_room: 'r',
      livekit_client_token: `x.${grants}.y`,
    },
  });
  await real.until(id, ({ state }) => state === 'closed');
  expect(await real.session(id)).toMatchObject({ closeReason: 'media-failed', endReason: 'DISPATCH_FAILED' });
  await expect(AudioClient.open(url!)).rejects.toThrow('404');
});

test('the face joins the room that it is handed a token for, speaks there, and leaves it at the end', async () => {
  const { vendor } = inject('livekit');
  await using real = await Double.start({ startMedia: startAvatarMedia });
  const room = `stage-${crypto.randomUUID()}`;
  const tokenFor = (identity: string): Promise<string> => {
    const token = new AccessToken(vendor.apiKey, vendor.apiSecret, { identity });
    token.addGrant({ room, roomJoin: true, canPublish: true, canSubscribe: true, canPublishData: true });
    return token.toJwt();
  };
  await using viewer = await Viewer.join({
    url: vendor.url,
    token: await tokenFor('viewer'),
    region: mouthRegion('high'),
  });
  const session = await start(real, {
    ...lite,
    livekit_config: {
      livekit_url: vendor.url,
      livekit_room: room,
      livekit_client_token: await tokenFor('the-face'),
    },
  });
  await using client = await AudioClient.connected(session.ws_url!);
  await vi.waitUntil(() => viewer.frames.length > 10 && viewer.loudness.length > 20, { timeout: 15_000 });
  const rest = viewer.frames.at(-1)!.mouth;
  client.speak(2_000);
  client.end();
  await client.until('agent.speak_started');
  const from = Date.now();
  await client.until('agent.speak_ended');
  const until = Date.now();
  expect(until - from).toBeGreaterThan(1_800);
  expect(until - from).toBeLessThan(2_400);
  expect(viewer.speakers.flat()).toContain('the-face');
  expect(viewer.loudest(from + 300, until)).toBeGreaterThan(4_000);
  const moved = viewer.frames.filter(
    ({ at, mouth }) => at > from && mouth.some((light, tile) => Math.abs(light - rest[tile]!) > 15),
  );
  expect(moved.length).toBeGreaterThan(5);
  await real.post('/v1/sessions/stop', { session_id: session.session_id });
  await vi.waitUntil(() => viewer.others.length === 0, { timeout: 10_000 });
});
