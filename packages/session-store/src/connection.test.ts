import { expect, test } from 'vitest';
import { unavailable } from './connection.ts';
import { StoreUnavailableError } from './errors.ts';

function reply(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

test.each([
  "READONLY You can't write against a read only replica.",
  "OOM command not allowed when used memory > 'maxmemory'.",
  "ERR Error running script (call to f_0a1b): @user_script:9: @user_script: 9: -READONLY You can't write",
  'ERR Error running script (call to f_0a1b): @user_script:12: @user_script: 12: -OOM command not allowed',
])('counts as unavailable: %s', (message) => {
  expect(unavailable(reply(message))).toBeInstanceOf(StoreUnavailableError);
});

test.each([
  "ERR wrong number of arguments for 'xadd' command",
  'ERR Error running script (call to f_0a1b): @user_script:3: attempt to index a nil value (READONLY)',
])('is a fault of ours: %s', (message) => {
  const error = reply(message);
  expect(unavailable(error)).toBe(error);
});
