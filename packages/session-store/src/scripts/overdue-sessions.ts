import { redisTime } from './parts.ts';
import { script } from './script.ts';

/** How many sessions are looked at, and named, at a time. */
const lookedAt = 1_000;
const named = 100;

/**
 * Takes sessions out of the queue and their slots from them that are not open any more. Answers `ok` and the
 * ids of those that have waited for a slot for too long.
 */
export const overdueSessions = script('overdueSessions', {
  uses: [redisTime],
  keys: ['open', 'waiting', 'toldPositions', 'slotHolders'],
  lua: `
for _, id in ipairs(redis.call('HKEYS', slotHolders)) do
  if not redis.call('ZSCORE', open, id) then redis.call('HDEL', slotHolders, id) end
end
for _, id in ipairs(redis.call('ZRANGE', waiting, 0, ${lookedAt - 1})) do
  if not redis.call('ZSCORE', open, id) then
    redis.call('ZREM', waiting, id)
    redis.call('HDEL', toldPositions, id)
  end
end
return {'ok', unpack(redis.call('ZRANGEBYSCORE', waiting, '-inf', redisTime(), 'LIMIT', 0, ${named}))}`,
});
