import { redisTime } from './parts.ts';
import { script } from './script.ts';

/** Writes what a worker offers and forgets the workers that have not said anything for `ttl` ms. Answers `ok`. */
export const offerProviders = script('offerProviders', {
  uses: [redisTime],
  keys: ['providers'],
  args: ['worker', 'offered', 'ttl'],
  lua: `
local now = redisTime()
local all = redis.call('HGETALL', providers)
for i = 1, #all, 2 do
  local at = tonumber(string.match(all[i + 1], '^%d+'))
  if not at or now - at > tonumber(ttl) then redis.call('HDEL', providers, all[i]) end
end
redis.call('HSET', providers, worker, string.format('%.0f', now) .. ' ' .. offered)
redis.call('PEXPIRE', providers, ttl)
return {'ok'}`,
});
