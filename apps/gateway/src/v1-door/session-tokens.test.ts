import { expect, test } from 'vitest';
import { Secret } from '../secret.ts';
import { SessionTokens } from './session-tokens.ts';

const tokens = new SessionTokens(new Secret('one'));
const hour = 3_600_000;

test('tells tokens apart, and knows them again for as long as they may open a session', async () => {
  const now = Date.now();
  const [first, second] = [await tokens.issue(now), await tokens.issue(now)];
  const { id } = (await tokens.read(first, now))!;
  expect((await tokens.read(second, now))!.id).not.toBe(id);
  expect(await tokens.read(first, now + hour - 1_000)).toEqual({ id, fresh: true });
  expect(await tokens.read(first, now + hour + 1_000)).toEqual({ id, fresh: false });
});

test('knows no tokens of another secret, and no other text', async () => {
  const other = await new SessionTokens(new Secret('two')).issue(Date.now());
  for (const text of [other, '', 'a.b.c', Buffer.from('{"token":"x"}').toString('base64')])
    expect(await tokens.read(text, Date.now())).toBeUndefined();
});
