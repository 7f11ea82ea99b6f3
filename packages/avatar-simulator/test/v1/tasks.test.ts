import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataOf, Double, type Answer } from '../double.ts';
import type { TimedMedia } from '../timed-media.ts';

let double: Double;
beforeAll(async () => {
  double = await Double.start();
});
afterAll(() => double.simulator.close());

const idOf = (answer: Answer): string => dataOf<{ task_id: string }>(answer).task_id;
const about = (media: TimedMedia, taskId: string): unknown[] =>
  media.sent.filter((message) => message['task_id'] === taskId).map(({ type }) => type);

describe('a repeat task', () => {
  it('is said as it is, and the room is told word by word', async () => {
    const { id, media } = await double.connected();
    const taskId = idOf(await double.task(id, 'Hello out there.'));
    expect(media.spoken).toEqual(['Hello out there.']);
    expect(media.sent).toEqual([
      { type: 'avatar_talking_message', task_id: taskId, message: 'Hello' },
      { type: 'avatar_start_talking', task_id: taskId },
      { type: 'avatar_talking_message', task_id: taskId, message: ' out' },
      { type: 'avatar_talking_message', task_id: taskId, message: ' there.' },
      { type: 'avatar_stop_talking', task_id: taskId, duration_ms: 16 },
      { type: 'avatar_end_message', task_id: taskId },
    ]);
  });

  it('in sync mode, the default, is answered when it was spoken', async () => {
    const { id } = await double.connected();
    const answer = await double.task(id, 'x'.repeat(200));
    expect(dataOf(answer)).toMatchObject({ duration_ms: 200 });
    const [task] = (await double.session(id)).tasks;
    expect(task).toMatchObject({ taskType: 'repeat', taskMode: 'sync', origin: 'rest' });
    expect(task!.stoppedAt! - task!.startedAt!).toBeGreaterThan(190);
  });

  it('in async mode is answered at once', async () => {
    const { id } = await double.connected();
    const taskId = idOf(await double.task(id, 'x'.repeat(400), { task_mode: 'async' }));
    const [task] = (await double.session(id)).tasks;
    expect(task).toMatchObject({ taskId, taskMode: 'async' });
    expect(task!.stoppedAt).toBeUndefined();
  });

  it('has from 1 to 1,000 characters', async () => {
    const { id, media } = await double.connected();
    expect(await double.task(id, '   ')).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('empty') },
    });
    expect(await double.task(id, 'x'.repeat(1_001))).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('1000') },
    });
    expect(media.spoken).toEqual([]);
    expect((await double.task(id, 'x'.repeat(1_000), { task_mode: 'async' })).status).toBe(200);
  });

  it('names its type and mode as the vendor does', async () => {
    const { id } = await double.connected();
    expect((await double.task(id, 'hi', { task_type: 'shout' })).status).toBe(400);
    expect((await double.task(id, 'hi', { task_mode: 'later' })).status).toBe(400);
  });
});

describe('a talk task', () => {
  it.each(['talk', 'chat'])('named %s is answered, and the room is told what the user said', async (type) => {
    const { id, media } = await double.connected({
      knowledge_base: 'You are Ann. The museum opens at nine.',
    });
    const taskId = idOf(await double.task(id, 'When does the museum open at nine?', { task_type: type }));
    expect(media.spoken).toEqual(['The museum opens at nine.']);
    expect(media.sent.slice(0, 2)).toEqual([
      { type: 'user_talking_message', task_id: taskId, message: 'When does the museum open at nine?' },
      { type: 'user_end_message', task_id: taskId },
    ]);
    expect((await double.session(id)).tasks[0]).toMatchObject({
      taskType: type,
      spokenText: 'The museum opens at nine.',
    });
  });
});

describe('several tasks', () => {
  it('are spoken one after the other, in the order in which they came', async () => {
    const { id, media } = await double.connected();
    const texts = ['first '.repeat(10), 'second', 'third '.repeat(5)];
    const ids: string[] = [];
    for (const text of texts) ids.push(idOf(await double.task(id, text, { task_mode: 'async' })));
    const { tasks } = await double.until(id, (session) =>
      session.tasks.every((task) => task.stoppedAt !== undefined),
    );
    expect(tasks.map((task) => task.taskId)).toEqual(ids);
    expect(media.spoken).toEqual(texts);
    const times = tasks.flatMap((task) => [task.startedAt!, task.stoppedAt!]);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});

describe('interrupt', () => {
  it('silences the avatar and clears the queue', async () => {
    const { id, media } = await double.connected();
    const spoken = double.task(id, 'x'.repeat(900));
    await double.until(id, (session) => session.tasks[0]?.startedAt !== undefined);
    const waiting = idOf(await double.task(id, 'never said', { task_mode: 'async' }));
    expect((await double.post('/v1/streaming.interrupt', { session_id: id })).status).toBe(200);
    const { task_id: taskId, duration_ms: duration } = dataOf<{ task_id: string; duration_ms: number }>(
      await spoken,
    );
    expect(duration).toBeLessThan(900);
    expect(about(media, taskId)).toEqual([
      'avatar_talking_message',
      'avatar_start_talking',
      'avatar_stop_talking',
      'avatar_end_message',
    ]);
    expect(about(media, waiting)).toEqual([]);
    expect(media.spoken).toEqual(['x'.repeat(900)]);
    const { tasks } = await double.session(id);
    expect(tasks[0]!.interruptedAt).toBe(tasks[0]!.stoppedAt);
    expect(tasks[1]).toMatchObject({ taskId: waiting, interruptedAt: expect.any(Number) });
    expect(tasks[1]!.startedAt).toBeUndefined();
  });

  it('does nothing when the avatar is silent, and the next task is spoken', async () => {
    const { id, media } = await double.connected();
    expect((await double.post('/v1/streaming.interrupt', { session_id: id })).status).toBe(200);
    await double.task(id, 'hello');
    expect(media.spoken).toEqual(['hello']);
  });
});

describe('a session that ends', () => {
  it('leaves nobody waiting for a sync answer, and sends nothing more', async () => {
    const { id, media } = await double.connected();
    const spoken = double.task(id, 'x'.repeat(900));
    const queued = double.task(id, 'next');
    await double.until(id, (session) => session.tasks.length === 2);
    const before = media.sent.length;
    await double.post('/v1/streaming.stop', { session_id: id });
    expect(await spoken).toMatchObject({ status: 400, body: { code: 400006 } });
    expect(await queued).toMatchObject({ status: 400, body: { code: 400006 } });
    expect(media.sent).toHaveLength(before);
    expect(media.closedBecause).toBe('stopped');
  });
});

describe('texts in room data', () => {
  it('of the client are talk tasks', async () => {
    const { id, media } = await double.connected();
    media.say(JSON.stringify('Good morning'));
    media.say(JSON.stringify('Not from the client'), 'somebody');
    media.say('not JSON');
    media.say('{"no":"string"}');
    const { tasks } = await double.until(id, (session) => session.tasks[0]?.stoppedAt !== undefined);
    expect(tasks).toHaveLength(1);
    expect(tasks[0]).toMatchObject({
      text: 'Good morning',
      taskType: 'talk',
      taskMode: 'async',
      origin: 'room',
    });
    expect(media.spoken[0]).toContain('Hello!');
  });
});

describe('the time of a task', () => {
  it('is taken when the request comes in, finer than a millisecond', async () => {
    const { id } = await double.connected();
    const before = performance.timeOrigin + performance.now();
    await double.task(id, 'hi', { task_mode: 'async' });
    const after = performance.timeOrigin + performance.now();
    const { receivedAt } = (await double.session(id)).tasks[0]!;
    expect(receivedAt).toBeGreaterThan(before - 1);
    expect(receivedAt).toBeLessThan(after + 1);
    expect(receivedAt * 10).toBeCloseTo(Math.round(receivedAt * 10), 3);
  });

  it('is not long: an async task is answered at once', async () => {
    const { id } = await double.connected();
    const own: number[] = [];
    for (let i = 0; i < 50; i++) await double.task(id, 'hi', { task_mode: 'async' });
    const { requests } = (await double.admin('GET', '/requests')).body as {
      requests: { path: string; durationMs: number }[];
    };
    for (const request of requests) if (request.path === '/v1/streaming.task') own.push(request.durationMs);
    const median = own.slice(-50).toSorted((a, b) => a - b)[25]!;
    expect(median).toBeLessThan(50);
  });
});
