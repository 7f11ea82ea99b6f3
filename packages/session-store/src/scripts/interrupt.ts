import { append } from './parts.ts';
import { script } from './script.ts';

/**
 * Puts an interrupt in the mailbox. One that is not handled yet and has no message after it says the same already.
 * Answers `ok, command id` | `unknown` | `ended`.
 */
export const interrupt = script('interrupt', {
  uses: [append],
  keys: ['record', 'mailbox'],
  args: ['id'],
  lua: `
local now = redis.call('HMGET', record, 'state', 'stop', 'seq', 'interrupt')
if not now[1] then return {'unknown'} end
if now[1] == 'ended' or now[2] then return {'ended'} end
if now[4] then
  local seq, _, waiting = string.match(now[4], '^(%S+) (%S+) (%S+)$')
  if seq == now[3] then return {'ok', waiting} end
end
local entry = redis.call('XADD', mailbox, '*', 'type', 'interrupt', 'id', id)
redis.call('HSET', record, 'interrupt', now[3] .. ' ' .. entry .. ' ' .. id)
append('{"type":"interrupt.accepted","commandId":"' .. id .. '"}')
redis.call('PUBLISH', mailbox, entry)
return {'ok', id}`,
});
