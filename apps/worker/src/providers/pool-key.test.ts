import { expect, test } from 'vitest';
import { poolKey } from './pool-key.ts';

test('a pool key goes by what is set, not by its order nor by what is left out', () => {
  const key = poolKey('heygen', { avatarId: 'a', voice: { id: 'v', rate: 1 }, language: undefined });
  expect(poolKey('heygen', { voice: { rate: 1, id: 'v' }, avatarId: 'a' })).toBe(key);
  for (const other of [{ avatarId: 'a' }, { avatarId: 'a', voice: { id: 'v', rate: 1.1 } }])
    expect(poolKey('heygen', other)).not.toBe(key);
  expect(poolKey('another', { avatarId: 'a', voice: { id: 'v', rate: 1 } })).not.toBe(key);
});
