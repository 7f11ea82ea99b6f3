import { redisTime } from './parts.ts';
import { script } from './script.ts';

/**
 * Lets sessions take a pooled vendor session for the next `usableMs`; with 0, no more. Answers `ok` | `gone`:
 * it is not the keeper's.
 */
export const markPooled = script('markPooled', {
  uses: [redisTime],
  keys: ['vendorSessions'],
  args: ['field', 'keeper', 'usableMs'],
  lua: `
local json = redis.call('HGET', vendorSessions, field)
local entry = json and cjson.decode(json)
if not entry or not entry.pool or entry.pool.keeper ~= keeper then return {'gone'} end
entry.pool.usableUntil = tonumber(usableMs) > 0 and redisTime() + usableMs or nil
redis.call('HSET', vendorSessions, field, cjson.encode(entry))
return {'ok'}`,
});
