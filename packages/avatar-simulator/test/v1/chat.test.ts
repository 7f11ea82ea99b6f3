import { encodeFrame } from '@avatar-bridge/heygen-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChatClient } from './chat-client.ts';
import { Double } from '../double.ts';

let double: Double;
beforeAll(async () => {
  double = await Double.start({ limits: { silenceAfter: 0.2 } });
});
afterAll(() => double.simulator.close());

describe('the socket streaming.chat', () => {
  it('opens for the token of its session only', async () => {
    const token = await double.token();
    const id = await double.opened({}, { token });
    const other = await double.opened({}, { token: await double.token() });
    await expect(ChatClient.open(double, id, { session_token: 'made up' })).rejects.toThrow(
      'refused with 401',
    );
    await expect(ChatClient.open(double, other, { session_token: token })).rejects.toThrow(
      'refused with 401',
    );
    await expect(ChatClient.open(double, other, { session_token: await double.token() })).rejects.toThrow(
      'refused with 401',
    );
    (await ChatClient.open(double, id, { session_token: token })).close();
  });

  it('opens for the first fresh tokens of a session that the API key opened', async () => {
    const { id } = await double.connected();
    const chats = [await ChatClient.open(double, id), await ChatClient.open(double, id)];
    expect(chats.every((chat) => chat.socket.readyState === chat.socket.OPEN)).toBe(true);
    for (const chat of chats) chat.close();
  });

  it('refuses a session that is over, and a query without a session', async () => {
    const id = await double.opened();
    await double.post('/v1/streaming.stop', { session_id: id });
    await expect(ChatClient.open(double, id)).rejects.toThrow('refused with 400');
    await expect(ChatClient.open(double, '')).rejects.toThrow('refused with 400');
    expect((await double.get('/v1/ws/streaming.chat')).status).toBe(400);
  });

  it('takes text frames as talk tasks, and survives anything else', async () => {
    const { id, media } = await double.connected();
    const chat = await ChatClient.open(double, id);
    chat.socket.send('plain text');
    chat.socket.send(Buffer.from([255, 255, 255]));
    chat.socket.send(
      encodeFrame({ kind: 'audio', audio: new Uint8Array(1_024), sampleRate: 16_000, numChannels: 1 }),
    );
    chat.socket.send(encodeFrame({ kind: 'text', text: '' }));
    chat.socket.send(encodeFrame({ kind: 'text', text: 'Hello!' }));
    const { tasks } = await double.until(id, (session) => session.tasks[0]?.stoppedAt !== undefined);
    expect(tasks).toHaveLength(1);
    expect(tasks[0]).toMatchObject({ text: 'Hello!', taskType: 'talk', taskMode: 'async', origin: 'socket' });
    expect(media.spoken).toEqual(['Hello! I am your avatar. How can I help you?']);
    chat.close();
  });

  it('tells the user events that are ordered', async () => {
    const { id } = await double.connected();
    const chat = await ChatClient.open(double, id);
    for (const order of [
      { event: 'user_start' },
      { event: 'user_stop' },
      { event: 'user_silence', silenceTimes: 2, countDown: 30 },
    ]) {
      expect((await double.admin('POST', `/sessions/${id}/user`, order)).status).toBe(204);
    }
    expect(await chat.next()).toEqual({ event_type: 'user_start' });
    expect(await chat.next()).toEqual({ event_type: 'user_stop' });
    expect(await chat.next()).toEqual({ event_type: 'user_silence', silence_times: 2, count_down: 30 });
    expect((await double.admin('POST', `/sessions/${id}/user`, { event: 'user_left' })).status).toBe(400);
    chat.close();
  });

  it('tells push to talk', async () => {
    const { id, media } = await double.connected();
    const chat = await ChatClient.open(double, id, { push_to_talk: 'true' });
    media.say(JSON.stringify('push_to_talk:start'));
    media.say(JSON.stringify('push_to_talk:stop'));
    expect(await chat.next()).toEqual({ event_type: 'user_start' });
    expect(await chat.next()).toEqual({ event_type: 'user_stop' });
    chat.close();
  });

  it('tells silence when that was asked for, and the avatar speaks up', async () => {
    const { id, media } = await double.connected();
    const chat = await ChatClient.open(double, id, { silence_response: 'true' });
    expect(await chat.next()).toMatchObject({
      event_type: 'user_silence',
      silence_times: 1,
      count_down: expect.any(Number),
    });
    expect(await chat.next()).toMatchObject({ event_type: 'user_silence', silence_times: 2 });
    expect(media.spoken[0]).toBe('Are you still there?');
    chat.close();
  });

  it('has an opening text spoken, also when the avatar is not up yet', async () => {
    await using slow = await Double.start({ startDelay: 200 });
    const id = await slow.opened();
    const chat = await ChatClient.open(slow, id, {
      opening_text: 'Hello, how can I help you?',
      stt_language: 'en',
    });
    await slow.post('/v1/streaming.start', { session_id: id });
    const { tasks } = await slow.until(id, (session) => session.tasks.length > 0);
    expect(tasks[0]).toMatchObject({
      text: 'Hello, how can I help you?',
      taskType: 'repeat',
      origin: 'opening',
    });
    chat.close();
  });

  it('closes with its session', async () => {
    const { id } = await double.connected();
    const chat = await ChatClient.open(double, id);
    await double.post('/v1/streaming.stop', { session_id: id });
    expect(await chat.closed).toBe(1000);
  });
});
