import { ownersOnly } from './parts.ts';
import { script } from './script.ts';

/**
 * Adds a line of JSON to a message's utterances.
 * Answers `ok` | `final` | `unknown-message` | `unknown` | `ended` | `fenced, epoch`.
 */
export const recordUtterance = script('recordUtterance', {
  uses: [ownersOnly],
  keys: ['messages'],
  args: ['id', 'line'],
  lua: `
local message = redis.call('HMGET', messages, id .. ':state', id .. ':utterances')
if not message[1] then return {'unknown-message'} end
if message[1] ~= 'accepted' and message[1] ~= 'speaking' then return {'final'} end
redis.call('HSET', messages, id .. ':utterances', (message[2] or '') .. line .. '\\n')
return {'ok'}`,
});
