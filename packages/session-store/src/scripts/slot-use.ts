import { redisTime } from './parts.ts';
import { fragment } from './script.ts';

/**
 * `slotUse(id)`: the slots, nil without a limit; how many are used by others than session `id`, or will be:
 * by vendor sessions that are open, leased sessions that have none yet, and reservations; and the pooled
 * vendor sessions, which use one each besides, as `{field, entry}`, oldest first. `queueActive` and
 * `queueMeta` are BullMQ's.
 */
export const slotUse = fragment({
  uses: [redisTime],
  keys: ['vendorSessions', 'slotReservations', 'queueActive', 'queueMeta'],
  lua: `
local function slotUse(id)
  redis.call('ZREMRANGEBYSCORE', slotReservations, '-inf', redisTime())
  local used, having, pooled = 0, {}, {}
  local entries = redis.call('HGETALL', vendorSessions)
  for i = 1, #entries, 2 do
    local entry = cjson.decode(entries[i + 1])
    if entry.pool then
      pooled[#pooled + 1] = {entries[i], entry}
    else
      used = used + 1
      having[entry.sessionId] = true
    end
  end
  table.sort(pooled, function(a, b) return a[2].openedAt < b[2].openedAt end)
  for _, leased in ipairs(redis.call('LRANGE', queueActive, 0, -1)) do
    if leased ~= id and not having[leased] then used = used + 1 end
  end
  for _, reserved in ipairs(redis.call('ZRANGE', slotReservations, 0, -1)) do
    if reserved ~= id then used = used + 1 end
  end
  return tonumber(redis.call('HGET', queueMeta, 'concurrency') or nil), used, pooled
end`,
});

/**
 * `accountUse(id, account, providers)`: how many slots of a vendor account, whose `providers` these are, are
 * used, or will be, by all but what is reserved for session `id`.
 */
export const accountUse = fragment({
  uses: [redisTime],
  keys: ['vendorSessions', 'slotReservations', 'accountReservations'],
  lua: `
local function accountUse(id, account, providers)
  local used, ours = 0, {}
  for _, provider in ipairs(providers) do ours[provider] = true end
  for _, json in ipairs(redis.call('HVALS', vendorSessions)) do
    if ours[cjson.decode(json).provider] then used = used + 1 end
  end
  local reservations = redis.call('HGETALL', accountReservations)
  for i = 1, #reservations, 2 do
    local lapses, reserved = string.match(reservations[i + 1], '^(%d+) (.*)$')
    if reserved == account and reservations[i] ~= id and tonumber(lapses) > redisTime() then used = used + 1 end
  end
  for _, reserved in ipairs(redis.call('ZRANGE', slotReservations, 0, -1)) do
    local provider = string.match(reserved, '^pool ([^:]+):')
    if provider and ours[provider] then used = used + 1 end
  end
  return used
end`,
});
