import { ServerError } from 'livekit-server-sdk';
import { expect, test } from 'vitest';
import { plainError } from './plain-error.ts';

test('names an error and its cause, and no token that a server sent back', () => {
  const token = `eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJr.${'Zm9v-_'.repeat(7)}`;
  const cause = new ServerError('Unauthorized', `invalid token: ${token}, error: it is expired`, 401);
  const told = plainError(new Error('The stage refuses us', { cause }));
  expect(told.message).toBe('The stage refuses us: invalid token: <token>, error: it is expired');
  expect(told.stack).toContain('plain-error.test.ts');
  expect(JSON.stringify(told)).not.toContain('eyJ');
});
