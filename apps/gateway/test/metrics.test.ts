import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEvents, take } from './support/event-source.ts';
import { testGateway, type TestGateway } from './support/gateway.ts';
import { openSocket } from './support/web-socket.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway();
});
afterAll(() => gateway.close());

const metrics = async (): Promise<string> => (await gateway.call('GET', '/metrics', { key: null })).text;

test('requests are counted by route and status, with no label for what callers make up', async () => {
  const { id } = await gateway.createSession();
  await gateway.post(id, 'Hello.');
  await gateway.call('POST', `/v1/sessions/${id}/messages`, { body: { text: '' } });
  await gateway.call('POST', `/v1/sessions/${id}/messages`, { key: null, body: { text: 'x' } });
  await gateway.call('GET', '/v1/made-up-by-a-caller');
  await gateway.call('GET', '/also-made-up');
  const text = await metrics();
  expect(text).toContain(
    'bridge_gateway_requests_total{method="POST",route="/v1/sessions/:id/messages",status="202"} 1',
  );
  expect(text).toContain(
    'bridge_gateway_requests_total{method="POST",route="/v1/sessions/:id/messages",status="400"} 1',
  );
  expect(text).toContain('bridge_gateway_requests_total{method="GET",route="none",status="404"} 2');
  expect(text).toMatch(
    /bridge_gateway_request_duration_seconds_bucket\{le="0.005",method="POST",route="\/v1\/sessions\/:id\/messages"\} \d/,
  );
  expect(text).toContain('bridge_gateway_messages_accepted_total 1');
  expect(text).toContain('bridge_gateway_messages_rejected_total{reason="bad-request"} 1');
  expect(text).toContain('bridge_gateway_messages_rejected_total{reason="missing-key"} 1');
  expect(text).not.toMatch(/made-up/);
});

test('open listeners are counted while they are open, and messages over sockets, too', async () => {
  const { id } = await gateway.createSession();
  const socket = await openSocket(gateway.url, id);
  const stream = await openEvents(gateway.url, id);
  await take(stream.events, 1);
  socket.send({ type: 'message', id: 'a', message: { text: 'Hello.' } });
  socket.send({ type: 'message', id: 'a', message: { text: 'Another text.' } });
  await socket.until(() => socket.answers.length === 2);
  const open = await metrics();
  expect(open).toContain('bridge_gateway_open_listeners{kind="websocket"} 1');
  expect(open).toContain('bridge_gateway_open_listeners{kind="sse"} 1');
  expect(open).toContain('bridge_gateway_messages_rejected_total{reason="idempotency-mismatch"} 1');
  expect(open).toMatch(/bridge_gateway_events_sent_total\{kind="websocket"\} [1-9]/);
  socket.socket.close();
  stream.abort();
  await expect.poll(metrics).toContain('bridge_gateway_open_listeners{kind="websocket"} 0');
  await expect.poll(metrics).toContain('bridge_gateway_open_listeners{kind="sse"} 0');
});

test('the lease queue’s depth is there, too', async () => {
  expect(await metrics()).toMatch(
    /^bullmq_job_count\{queue="sessions-gateway-\w+", state="prioritized"\} 2$/m,
  );
});
