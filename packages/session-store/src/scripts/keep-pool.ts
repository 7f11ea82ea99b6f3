import { redisTime } from './parts.ts';
import { script } from './script.ts';

/** Says that a keeper lives, and forgets those that have said nothing for `ttl` ms. Answers `ok, [pooled vendor session ...]`. */
export const keepPool = script('keepPool', {
  uses: [redisTime],
  keys: ['vendorSessions', 'poolKeepers'],
  args: ['keeper', 'ttl'],
  lua: `
redis.call('ZADD', poolKeepers, redisTime(), keeper)
redis.call('ZREMRANGEBYSCORE', poolKeepers, '-inf', redisTime() - ttl)
local pooled = {}
for _, json in ipairs(redis.call('HVALS', vendorSessions)) do
  if cjson.decode(json).pool then pooled[#pooled + 1] = json end
end
return {'ok', pooled}`,
});
