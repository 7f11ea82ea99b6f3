import { redisTime } from './parts.ts';
import { script } from './script.ts';

/** Weight of the newest session in the average of how long sessions hold their slots. */
const newestWeight = 0.2;

/**
 * Takes a session that has ended out of the open ones and out of the queue, or its slot from it; the time that it held
 * that goes into the average. Answers `ok`.
 */
export const leaveAccount = script('leaveAccount', {
  uses: [redisTime],
  keys: ['open', 'waiting', 'toldPositions', 'slotHolders', 'averageHeldMs'],
  args: ['id'],
  lua: `
redis.call('ZREM', open, id)
redis.call('ZREM', waiting, id)
redis.call('HDEL', toldPositions, id)
local since = redis.call('HGET', slotHolders, id)
if since then
  redis.call('HDEL', slotHolders, id)
  local held = redisTime() - since
  local average = redis.call('GET', averageHeldMs)
  if average then held = average + (held - average) * ${newestWeight} end
  redis.call('SET', averageHeldMs, string.format('%.0f', held))
end
return {'ok'}`,
});
