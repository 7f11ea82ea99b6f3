import { redisTime } from './parts.ts';
import { script } from './script.ts';

/**
 * Reserves one of the `slots` of a vendor account for a session, for `ttl` ms, if one is free. `rest`: the
 * names of its providers. In use are the vendor sessions that are open by them and what is reserved for
 * others, but no vendor sessions that are only kept ready. `beside` is empty when the vendor session takes
 * the place of the session's own ones, which then do not count. Answers `ok` | `full`.
 */
export const reserveInAccount = script('reserveInAccount', {
  uses: [redisTime],
  keys: ['vendorSessions', 'accountReservations'],
  args: ['id', 'ttl', 'account', 'slots', 'beside'],
  rest: true,
  lua: `
local now, used, ours = redisTime(), 0, {}
for _, provider in ipairs(rest) do ours[provider] = true end
for _, json in ipairs(redis.call('HVALS', vendorSessions)) do
  local entry = cjson.decode(json)
  local counts = entry.sessionId and (beside ~= '' or entry.sessionId ~= id)
  if counts and ours[entry.provider] then used = used + 1 end
end
local reservations = redis.call('HGETALL', accountReservations)
for i = 1, #reservations, 2 do
  local lapses, reserved = string.match(reservations[i + 1], '^(%d+) (.*)$')
  if tonumber(lapses) <= now then
    redis.call('HDEL', accountReservations, reservations[i])
  elseif reserved == account and reservations[i] ~= id then
    used = used + 1
  end
end
if used >= tonumber(slots) then return {'full'} end
redis.call('HSET', accountReservations, id, string.format('%.0f', now + ttl) .. ' ' .. account)
return {'ok'}`,
});
