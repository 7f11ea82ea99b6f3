import { script } from './script.ts';

/** Takes the key for `value`, for `ttl` ms, unless it is taken. Answers `ok` and the value it has now. */
export const claimIdempotencyKey = script('claimIdempotencyKey', {
  keys: ['key'],
  args: ['value', 'ttl'],
  lua: `
local taken = redis.call('GET', key)
if taken then return {'ok', taken} end
redis.call('SET', key, value, 'PX', ttl)
return {'ok', value}`,
});
