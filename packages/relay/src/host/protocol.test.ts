import { expect, test } from 'vitest';
import { CancelledError, RetryableError, TerminalError } from '../errors.ts';
import { fromWire, toWire } from './protocol.ts';

test.each([
  new TerminalError('unauthorized', 'the token was refused', { side: 'stage' }),
  new RetryableError('media-timeout', 'no video'),
  new CancelledError('closed', { side: 'source' }),
])('%s is the same on the other side', (error) => {
  const received = fromWire(JSON.parse(JSON.stringify(toWire(error))));
  expect(received).toBeInstanceOf(error.constructor);
  expect(received).toMatchObject({ code: error.code, message: error.message, side: error.side });
});

test('an error that nobody foresaw may be tried again', () => {
  expect(fromWire(toWire(new TypeError('oops')))).toMatchObject({
    name: 'RetryableError',
    code: 'failed',
    message: 'oops',
  });
  expect(toWire('oops')).toMatchObject({ code: 'failed', message: 'oops' });
});
