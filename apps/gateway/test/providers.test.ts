import { Session } from '@avatar-bridge/contracts';
import { beforeEach, expect, test } from 'vitest';
import { expectProblem, testGateway, type TestGateway } from './support/gateway.ts';

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await testGateway();
  return () => gateway.close();
});

const heygen = {
  name: 'heygen',
  modes: ['repeat' as const],
  talkNeedsKnowledge: false,
  uuidAvatars: false,
  defaultAvatar: true,
};
const full = { ...heygen, name: 'liveavatar-full', uuidAvatars: true };

test('a session may name any provider while no worker says what it offers', async () => {
  const session = await gateway.createSession({ provider: 'liveavatar-lite' });
  expect(Session.parse(session).providers).toEqual([{ name: 'liveavatar-lite' }]);
});

test('rejects a provider that no worker offers, with the field and the rule', async () => {
  await gateway.store.offerProviders('w', { offered: [heygen], order: ['heygen'] }, 60_000);
  const create = (body: object) => gateway.call('POST', '/v1/sessions', { body });
  const unknown = expectProblem(await create({ provider: 'acme' }), 422, 'unsupported');
  expect(unknown.errors).toEqual([{ field: 'provider', rule: expect.stringContaining('heygen') }]);
  const keyless = expectProblem(
    await create({ providers: ['heygen', 'liveavatar-full'] }),
    422,
    'unsupported',
  );
  expect(keyless.errors).toEqual([
    { field: 'providers.1', rule: expect.stringContaining('LIVEAVATAR_API_KEY') },
  ]);
  expect((await create({ provider: 'heygen' })).status).toBe(201);
});

test('rejects an avatar id that the provider can never have', async () => {
  await gateway.store.offerProviders('w', { offered: [full], order: ['liveavatar-full'] }, 60_000);
  const body = { avatar: { id: 'Wayne_20240711' } };
  const problem = expectProblem(await gateway.call('POST', '/v1/sessions', { body }), 422, 'unsupported');
  expect(problem.errors).toEqual([{ field: 'avatar.id', rule: expect.stringContaining('UUID') }]);
});

test('rejects malformed lists of providers', async () => {
  for (const [body, field] of [
    [{ provider: 'No such name' }, 'provider'],
    [{ providers: [] }, 'providers'],
    [{ providers: ['heygen', 'heygen'] }, 'providers'],
    [{ provider: 'heygen', providers: ['heygen'] }, 'provider'],
  ] as const) {
    const problem = expectProblem(await gateway.call('POST', '/v1/sessions', { body }), 400, 'bad-request');
    expect(problem.errors?.map((error) => error.field)).toContain(field);
  }
});

test('rejects talk where no provider of the session can answer', async () => {
  await gateway.store.offerProviders('w', { offered: [heygen], order: ['heygen'] }, 60_000);
  const { id } = await gateway.createSession();
  const say = (mode: string) =>
    gateway.call('POST', `/v1/sessions/${id}/messages`, { body: { text: 'Hello', mode } });
  const problem = expectProblem(await say('talk'), 422, 'unsupported');
  expect(problem.errors).toEqual([{ field: 'mode', rule: expect.stringContaining('must be repeat') }]);
  expect((await say('repeat')).status).toBe(202);
});
