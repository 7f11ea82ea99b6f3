import { onlyOnce } from './only-once.ts';
import { append, move } from './parts.ts';
import { script } from './script.ts';

/**
 * Writes what became of a message, and the event. `state` and `event` may be empty. `rest`: fields and
 * values. Answers `ok` | `final` | `unknown-message` | `unknown` | `ended` | `fenced, epoch`.
 */
export const updateMessage = script('updateMessage', {
  uses: [append, move, onlyOnce],
  args: ['id', 'state', 'event'],
  rest: true,
  lua: `
local from = redis.call('HGET', messages, id .. ':state')
if not from then return {'unknown-message'} end
if not open(from) then return {'final'} end
for i = 1, #rest, 2 do redis.call('HSET', messages, id .. ':' .. rest[i], rest[i + 1]) end
if event ~= '' then append(event) end
if state ~= '' and state ~= from then move(id, from, state) end
return {'ok'}`,
});
