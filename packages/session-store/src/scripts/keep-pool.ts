import { redisTime } from './parts.ts';
import { script } from './script.ts';

/** Says that a keeper lives. Answers `ok, [pooled vendor session ...]`. */
export const keepPool = script('keepPool', {
  uses: [redisTime],
  keys: ['vendorSessions', 'poolKeepers'],
  args: ['keeper'],
  lua: `
redis.call('ZADD', poolKeepers, redisTime(), keeper)
local pooled = {}
for _, json in ipairs(redis.call('HVALS', vendorSessions)) do
  if cjson.decode(json).pool then pooled[#pooled + 1] = json end
end
return {'ok', pooled}`,
});
