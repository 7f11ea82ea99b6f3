import { expect, test } from 'vitest';
import { asUuid, sessionIdOf } from './ids.ts';

test('writes an id as a UUID, and finds the session behind one', () => {
  const id = 'ses_0193a1b2c3d47e5f8a9b0c1d2e3f4a5b';
  expect(asUuid(id)).toBe('0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b');
  expect(sessionIdOf(asUuid(id))).toBe(id);
  expect(sessionIdOf(asUuid(id).toUpperCase())).toBe(id);
});

test.each(['', 'x', '0193a1b2-c3d4-7e5f-8a9b', 'ses_0193a1b2c3d47e5f8a9b0c1d2e3f4a5b'])(
  'finds no session behind %j',
  (uuid) => {
    expect(sessionIdOf(uuid)).toBeUndefined();
  },
);
