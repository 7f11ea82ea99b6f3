import { redisTime } from './parts.ts';
import { script } from './script.ts';

/**
 * Reserves a slot for a session's second vendor session, for `ttl` ms, if one is free. In use are: each vendor session that is open, each
 * leased session that has none yet, and what is reserved. `queueActive` and `queueMeta` are BullMQ's.
 * Answers `ok` | `full`.
 */
export const reserveSlot = script('reserveSlot', {
  uses: [redisTime],
  keys: ['vendorSessions', 'slotReservations', 'queueActive', 'queueMeta'],
  args: ['id', 'ttl'],
  lua: `
local now = redisTime()
redis.call('ZREMRANGEBYSCORE', slotReservations, '-inf', now)
local slots = redis.call('HGET', queueMeta, 'concurrency')
if slots then
  local used, having = 0, {}
  for _, json in ipairs(redis.call('HVALS', vendorSessions)) do
    used = used + 1
    having[cjson.decode(json).sessionId] = true
  end
  for _, leased in ipairs(redis.call('LRANGE', queueActive, 0, -1)) do
    if not having[leased] then used = used + 1 end
  end
  for _, reserved in ipairs(redis.call('ZRANGE', slotReservations, 0, -1)) do
    if reserved ~= id then used = used + 1 end
  end
  if used >= tonumber(slots) then return {'full'} end
end
redis.call('ZADD', slotReservations, now + ttl, id)
return {'ok'}`,
});
