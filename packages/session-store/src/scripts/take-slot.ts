import { redisTime } from './parts.ts';
import { script } from './script.ts';

/** Says that a session holds a slot from now on; again is fine. Answers `ok` | `late`: it had waited for too long. */
export const takeSlot = script('takeSlot', {
  uses: [redisTime],
  keys: ['waiting', 'slotHolders'],
  args: ['id'],
  lua: `
local deadline = redis.call('ZSCORE', waiting, id)
if deadline and tonumber(deadline) <= redisTime() then return {'late'} end
redis.call('ZREM', waiting, id)
redis.call('HSETNX', slotHolders, id, string.format('%.0f', redisTime()))
return {'ok'}`,
});
