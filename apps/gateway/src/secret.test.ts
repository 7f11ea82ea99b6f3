import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from './secret.ts';

test('a secret is not printed as text, as JSON or by inspection', () => {
  const secret = new Secret('hunter2');
  expect(
    [
      String(secret),
      JSON.stringify({ secret }),
      inspect({ secret }),
      inspect(secret, { showHidden: true }),
    ].join(),
  ).not.toContain('hunter2');
  expect(secret.reveal()).toBe('hunter2');
});
