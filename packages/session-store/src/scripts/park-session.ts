import { onlyOnce } from './only-once.ts';
import { append, before } from './parts.ts';
import { script } from './script.ts';

/**
 * Parks a session; what came into the mailbox after the entry `seen` makes it wanted at once.
 * Answers `ok` | `unknown` | `ended` | `fenced, epoch`.
 */
export const parkSession = script('parkSession', {
  uses: [append, before, onlyOnce],
  keys: ['record', 'mailbox'],
  args: ['event', 'seen'],
  lua: `
append(event)
redis.call('HSET', record, 'state', 'parked')
local last = redis.call('XREVRANGE', mailbox, '+', '-', 'COUNT', 1)[1]
if last and before(seen, last[1]) then redis.call('HSET', record, 'wanted', 1) end
return {'ok'}`,
});
