import { expect, test } from 'vitest';
import { createLogger } from './log.ts';

test('an error is logged without what a library hung onto it', () => {
  const lines: string[] = [];
  const logger = createLogger('info', { write: (line) => void lines.push(line) });
  const error = Object.assign(new Error('ERR no such command'), {
    command: { name: 'evalsha', args: ['a text of a user'] },
  });
  logger.error({ err: error }, 'request failed');
  const [line = ''] = lines;
  expect(line).not.toContain('a text of a user');
  expect(JSON.parse(line)).toMatchObject({
    app: 'gateway',
    msg: 'request failed',
    err: { type: 'Error', message: 'ERR no such command' },
  });
});
