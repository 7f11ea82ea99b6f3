import { expect, test } from 'vitest';
import { fragment, script } from './script.ts';

test('a script has the keys and arguments of all that it uses, and each part once, after what that uses', () => {
  const clock = fragment({ lua: 'CLOCK' });
  const log = fragment({ uses: [clock], keys: ['events'], args: ['maxEvents'], lua: 'LOG' });
  const guard = fragment({ uses: [clock], keys: ['record'], args: ['owner'], lua: 'GUARD' });
  const made = script('made', {
    uses: [log, guard],
    keys: ['record', 'mailbox'],
    args: ['id'],
    rest: true,
    lua: 'BODY',
  });
  expect(made).toEqual({
    name: 'made',
    keys: ['events', 'record', 'mailbox'],
    args: ['maxEvents', 'owner', 'id'],
    lua: [
      'local events, record, mailbox = KEYS[1], KEYS[2], KEYS[3]',
      'local maxEvents, owner, id = ARGV[1], ARGV[2], ARGV[3]',
      'local rest = {unpack(ARGV, 4)}',
      'CLOCK',
      'LOG',
      'GUARD',
      'BODY',
    ].join('\n'),
  });
});

test('a script without keys or arguments names none', () => {
  expect(script('bare', { keys: ['key'], lua: 'BODY' }).lua).toBe('local key = KEYS[1]\nBODY');
});
