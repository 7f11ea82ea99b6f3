import { redisTime } from './parts.ts';
import { fragment, script } from './script.ts';

/** Weight of the newest session in the average of how long sessions hold their slots. */
const newestWeight = 0.2;

/** `giveSlot(id)`: it holds no slot any more; the time that it held one goes into the average. */
const giveSlot = fragment({
  uses: [redisTime],
  keys: ['slotHolders', 'averageHeldMs'],
  lua: `
local function giveSlot(id)
  local since = redis.call('HGET', slotHolders, id)
  if not since then return end
  redis.call('HDEL', slotHolders, id)
  local held = redisTime() - since
  local average = redis.call('GET', averageHeldMs)
  if average then held = average + (held - average) * ${newestWeight} end
  redis.call('SET', averageHeldMs, string.format('%.0f', held))
end`,
});

/**
 * Takes a session that has ended out of the open ones and out of the queue, or its slot from it. Answers
 * `ok`.
 */
export const leaveAccount = script('leaveAccount', {
  uses: [giveSlot],
  keys: ['open', 'waiting', 'toldPositions', 'parked'],
  args: ['id'],
  lua: `
redis.call('ZREM', open, id)
redis.call('ZREM', waiting, id)
redis.call('HDEL', toldPositions, id)
redis.call('HDEL', parked, id)
giveSlot(id)
return {'ok'}`,
});

/** Notes that a session is parked, and takes its slot from it. Answers `ok`. */
export const parkInAccount = script('parkInAccount', {
  uses: [giveSlot],
  keys: ['parked'],
  args: ['id', 'room'],
  lua: `
redis.call('HSET', parked, id, room)
giveSlot(id)
return {'ok'}`,
});
