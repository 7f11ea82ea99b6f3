import { interruptBelow } from './parts.ts';
import { script } from './script.ts';

/**
 * Interrupts the messages with a `seq` below `before`, or all so far if that is empty. `key` and `bodyHash`
 * are empty without an Idempotency-Key; those of the newest 100 interrupts are remembered.
 *
 * Answers `ok, command id, session's state` | `replayed, command id` | `mismatch` | `unknown` | `ended`.
 */
export const interrupt = script('interrupt', {
  uses: [interruptBelow],
  keys: ['interrupts'],
  args: ['id', 'before', 'key', 'bodyHash'],
  lua: `
local now = redis.call('HMGET', record, 'state', 'stop', 'seq')
if not now[1] then return {'unknown'} end
if key ~= '' then
  for _, line in ipairs(redis.call('LRANGE', interrupts, 0, -1)) do
    local lineKey, lineHash, answered = string.match(line, '^(%S+) (%S+) (%S+)$')
    if lineKey == key then
      if lineHash ~= bodyHash then return {'mismatch'} end
      return {'replayed', answered}
    end
  end
end
if now[1] == 'ended' or now[2] then return {'ended'} end
local reach = now[3] + 1
if before ~= '' then reach = math.min(reach, tonumber(before)) end
local done = interruptBelow(reach, id)
if key ~= '' then
  redis.call('LPUSH', interrupts, key .. ' ' .. bodyHash .. ' ' .. done)
  redis.call('LTRIM', interrupts, 0, 99)
end
if now[1] == 'parked' then redis.call('HSET', record, 'wanted', 1) end
return {'ok', done, now[1]}`,
});
