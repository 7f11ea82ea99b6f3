import { script } from './script.ts';
import { accountUse, slotUse } from './slot-use.ts';

/**
 * Reserves a slot for a vendor session that is to be kept ready, for `ttl` ms: while there are fewer than
 * `most` of its kind, and a slot is free that no session waits for. `account` and `accountSlots` are empty
 * where its provider has no account of its own slots; `rest`: the account's providers. `queueWait` and
 * `queuePrioritized` are BullMQ's. Answers `ok, the reservation's name` | `full`.
 */
export const reservePooled = script('reservePooled', {
  uses: [slotUse, accountUse],
  keys: ['queueWait', 'queuePrioritized'],
  args: ['key', 'most', 'reservation', 'ttl', 'account', 'accountSlots'],
  rest: true,
  lua: `
local slots, used, pooled = slotUse('')
local waiting = redis.call('LLEN', queueWait) + redis.call('ZCARD', queuePrioritized)
if not slots or used + #pooled + waiting >= slots then return {'full'} end
if account ~= '' and accountUse('', account, rest) >= tonumber(accountSlots) then return {'full'} end
local kept, kind = 0, 'pool ' .. key .. ' '
for _, one in ipairs(pooled) do
  if one[2].pool.key == key then kept = kept + 1 end
end
for _, reserved in ipairs(redis.call('ZRANGE', slotReservations, 0, -1)) do
  if string.sub(reserved, 1, #kind) == kind then kept = kept + 1 end
end
if kept >= tonumber(most) then return {'full'} end
redis.call('ZADD', slotReservations, redisTime() + ttl, kind .. reservation)
return {'ok', kind .. reservation}`,
});
