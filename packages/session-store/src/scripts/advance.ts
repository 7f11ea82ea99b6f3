import { onlyOnce } from './only-once.ts';
import { append, move } from './parts.ts';
import { script } from './script.ts';

/**
 * Says that the interrupt at `entry` was handled, and writes the event unless it is empty: the next one
 * counts anew. The cursor follows if no unfinished message is before it. Answers `ok` | `unknown` | `ended` |
 * `fenced, epoch`.
 */
export const advance = script('advance', {
  uses: [append, move, onlyOnce],
  args: ['entry', 'event'],
  lua: `
if event ~= '' then append(event) end
local interrupt = redis.call('HGET', record, 'interrupt')
if interrupt then
  local at = string.match(interrupt, '^%S+ (%S+)')
  if not before(entry, at) then redis.call('HDEL', record, 'interrupt') end
end
redis.call('XDEL', mailbox, entry)
settle(entry)
return {'ok'}`,
});
