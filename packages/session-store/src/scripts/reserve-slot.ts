import { script } from './script.ts';
import { slotUse } from './slot-use.ts';

/**
 * Reserves a slot for a session's second vendor session, for `ttl` ms, if one is free; the warm pool gives
 * way. Answers `ok` | `full`.
 */
export const reserveSlot = script('reserveSlot', {
  uses: [slotUse],
  args: ['id', 'ttl'],
  lua: `
local slots, used = slotUse(id)
if slots and used >= slots then return {'full'} end
redis.call('ZADD', slotReservations, redisTime() + ttl, id)
return {'ok'}`,
});
