import { redisTime } from './parts.ts';
import { script } from './script.ts';

/** How many sessions are named at a time. */
const pageSize = 100;

/**
 * Takes sessions out of the queue and their slots from them that are not open any more. Answers `ok` and the ids of those that
 * have waited for a slot for too long.
 */
export const overdueSessions = script('overdueSessions', {
  uses: [redisTime],
  keys: ['open', 'waiting', 'toldPositions', 'slotHolders'],
  lua: `
for _, id in ipairs(redis.call('HKEYS', slotHolders)) do
  if not redis.call('ZSCORE', open, id) then redis.call('HDEL', slotHolders, id) end
end
local overdue = {'ok'}
local late = redis.call('ZRANGEBYSCORE', waiting, '-inf', redisTime(), 'LIMIT', 0, ${pageSize})
for _, id in ipairs(late) do
  if redis.call('ZSCORE', open, id) then
    overdue[#overdue + 1] = id
  else
    redis.call('ZREM', waiting, id)
    redis.call('HDEL', toldPositions, id)
  end
end
return overdue`,
});
