import { append, before, ownersOnly } from './parts.ts';
import { script } from './script.ts';

/**
 * Parks a session; what came into the mailbox after the entry `seen` makes it wanted at once. Done again it changes nothing.
 * Answers `ok` | `unknown` | `ended` | `fenced, epoch`.
 */
export const parkSession = script('parkSession', {
  uses: [append, before, ownersOnly],
  keys: ['record', 'mailbox'],
  args: ['event', 'seen'],
  lua: `
if held[1] ~= 'parked' then
  append(event)
  redis.call('HSET', record, 'state', 'parked')
end
local last = redis.call('XREVRANGE', mailbox, '+', '-', 'COUNT', 1)[1]
if last and before(seen, last[1]) then redis.call('HSET', record, 'wanted', 1) end
return {'ok'}`,
});
