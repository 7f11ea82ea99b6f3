import { redisTime } from './parts.ts';
import { script } from './script.ts';

/**
 * Makes `claimant` the keeper of the pooled vendor sessions whose keeper has said nothing for `ttl` ms; no
 * session can take them any more. Keepers themselves are forgotten after ten times that. Answers `ok, [pooled
 * vendor session ...]`.
 */
export const claimStalePooled = script('claimStalePooled', {
  uses: [redisTime],
  keys: ['vendorSessions', 'poolKeepers'],
  args: ['claimant', 'ttl'],
  lua: `
local claimed = {}
local entries = redis.call('HGETALL', vendorSessions)
for i = 1, #entries, 2 do
  local entry = cjson.decode(entries[i + 1])
  local seen = entry.pool and redis.call('ZSCORE', poolKeepers, entry.pool.keeper)
  if entry.pool and (not seen or tonumber(seen) < redisTime() - ttl) then
    entry.pool = {key = entry.pool.key, keeper = claimant}
    claimed[#claimed + 1] = cjson.encode(entry)
    redis.call('HSET', vendorSessions, entries[i], claimed[#claimed])
  end
end
if #claimed == 0 then redis.call('ZREMRANGEBYSCORE', poolKeepers, '-inf', redisTime() - 10 * ttl) end
return {'ok', claimed}`,
});
