import { redisTime } from './parts.ts';
import { script } from './script.ts';

/**
 * Says that a session holds a slot from now on; again is fine. Its `job`, BullMQ's, loses its priority: back
 * in the queue, it goes before those that have not begun. Answers `ok` | `late`: it had waited for too long.
 */
export const takeSlot = script('takeSlot', {
  uses: [redisTime],
  keys: ['waiting', 'toldPositions', 'slotHolders', 'job'],
  args: ['id'],
  lua: `
local deadline = redis.call('ZSCORE', waiting, id)
if deadline and tonumber(deadline) <= redisTime() then return {'late'} end
redis.call('ZREM', waiting, id)
redis.call('HDEL', toldPositions, id)
redis.call('HSETNX', slotHolders, id, string.format('%.0f', redisTime()))
if redis.call('EXISTS', job) == 1 then redis.call('HSET', job, 'priority', 0) end
return {'ok'}`,
});
