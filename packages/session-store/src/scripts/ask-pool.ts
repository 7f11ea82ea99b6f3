import { script } from './script.ts';
import { accountUse, slotUse } from './slot-use.ts';

/**
 * Gives a session a pooled vendor session of this `key`, the oldest that is usable. Without one, and without
 * a free slot, it gives the oldest of the providers in `rest` to be stopped. `account` and `accountSlots` are
 * empty where the providers have no account of their own slots. Answers `take, vendor session` | `stop,
 * vendor session` | `none`.
 */
export const askPool = script('askPool', {
  uses: [slotUse, accountUse],
  keys: ['poolKeepers'],
  args: ['id', 'epoch', 'key', 'account', 'accountSlots'],
  rest: true,
  lua: `
-- Most accounts have no pool, and the list of their vendor sessions may be long.
if redis.call('EXISTS', poolKeepers) == 0 then return {'none'} end
local slots, used, pooled = slotUse(id)
local function give(one)
  local entry = one[2]
  entry.pool, entry.sessionId, entry.epoch, entry.ownedSince = nil, id, tonumber(epoch), redisTime()
  local json = cjson.encode(entry)
  redis.call('HSET', vendorSessions, one[1], json)
  return json
end
for _, one in ipairs(pooled) do
  local pool = one[2].pool
  if pool.key == key and pool.usableUntil and pool.usableUntil > redisTime() then return {'take', give(one)} end
end
local full = slots and used + #pooled >= slots
if account ~= '' then full = full or accountUse(id, account, rest) >= tonumber(accountSlots) end
if not full then return {'none'} end
for _, one in ipairs(pooled) do
  for _, provider in ipairs(rest) do
    if one[2].provider == provider then return {'stop', give(one)} end
  end
end
return {'none'}`,
});
