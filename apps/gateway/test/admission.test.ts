import { Problem } from '@avatar-bridge/contracts';
import { expect, test } from 'vitest';
import { testGateway } from './support/gateway.ts';

test('a full queue is a 429 that says for how long, also over the v1 door and to a restart', async () => {
  await using gateway = await testGateway({ BRIDGE_QUEUE_LIMIT: '1', BRIDGE_V1_DOOR: 'true' });
  const ended = await gateway.createSession();
  await gateway.call('DELETE', `/v1/sessions/${ended.id}`);
  await gateway.createSession();

  const refused = await gateway.call('POST', '/v1/sessions', { body: {} });
  expect(refused).toBeProblem(429, 'no-slot');
  expect(Problem.parse(refused.body)).toMatchObject({
    code: 'no-slot',
    retryable: true,
    estimatedWaitSeconds: 600,
    detail: '1 session waits for a slot already. Another one would wait for about 10 minutes: try later.',
  });
  expect(refused.headers.get('retry-after')).toBe('60');

  const restarted = await gateway.call('POST', `/v1/sessions/${ended.id}/restart`, { body: {} });
  expect(restarted).toBeProblem(429, 'no-slot');

  const door = await gateway.call('POST', '/v1/streaming.new', { body: { quality: 'low' } });
  expect(door.headers.get('retry-after')).toBe('60');
  expect({ status: door.status, body: door.body }).toEqual({
    status: 400,
    body: { code: 10007, message: expect.stringContaining('Concurrent limit reached') },
  });
});
