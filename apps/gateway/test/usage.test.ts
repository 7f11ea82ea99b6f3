import { hash } from 'node:crypto';
import type { Session, Usage } from '@avatar-bridge/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chatbotKey, operatorKey, testGateway, type TestGateway } from './support/gateway.ts';

const key = `key_${hash('sha256', chatbotKey).slice(0, 12)}`;
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway({
    BRIDGE_IDLE_SECONDS: '300',
    BRIDGE_KEY_LIMITS: JSON.stringify({ [key]: { maxDurationSeconds: 3_600 } }),
  });
});
afterAll(() => gateway.close());

test('a session names the key that opened it, and has limits that its key allows', async () => {
  const open = (body: object, as = chatbotKey) => gateway.call('POST', '/v1/sessions', { body, key: as });
  const { body } = await open({ limits: { idleSeconds: 60 } });
  expect(body).toMatchObject({ key, limits: { maxDurationSeconds: 3_600, idleSeconds: 60 } });
  expect((await open({})).body).toMatchObject({ limits: { maxDurationSeconds: 3_600, idleSeconds: 300 } });
  const refused = await open({ limits: { maxDurationSeconds: 3_601 } });
  expect(refused).toBeProblem(400, 'bad-request');
  expect(refused.body).toMatchObject({
    errors: [{ field: 'limits.maxDurationSeconds', rule: 'must be at most 3600 with this key' }],
  });
  expect((await open({ limits: { maxDurationSeconds: 3_601 } }, operatorKey)).status).toBe(201);
});

test('a key is told what its own sessions cost, an operator what all cost', async () => {
  const opened = (await gateway.call('POST', '/v1/sessions', { body: {} })).body as Session;
  const owner = await gateway.store.claim(opened.id, { epoch: 1, worker: 'w' });
  await owner.openVendorSession({ provider: 'heygen', id: 'v', openedAt: Date.now() - 60_000 });
  const usage = async (as: string) => (await gateway.call('GET', '/v1/usage', { key: as })).body as Usage;
  const near = expect.closeTo(60, -0.7);
  expect(await usage(chatbotKey)).toEqual({ billableSeconds: near, keys: [{ key, billableSeconds: near }] });
  expect(await usage(operatorKey)).toEqual({ billableSeconds: near, keys: [{ key, billableSeconds: near }] });
  const { text } = await gateway.call('GET', '/metrics', { key: null });
  expect(text).toMatch(new RegExp(`bridge_billable_seconds_by_key\\{key="${key}"\\} [56]\\d\\n`));
});
