import { redisTime } from './parts.ts';
import { script } from './script.ts';

/**
 * Takes a vendor session that is stopped out of the account's list and adds how long it was open. `field` is its name there.
 * Answers `ok, [its entry]`.
 */
export const strikeVendorSession = script('strikeVendorSession', {
  uses: [redisTime],
  keys: ['vendorSessions', 'billedMs'],
  args: ['field'],
  lua: `
local entry = redis.call('HGET', vendorSessions, field)
if not entry then return {'ok'} end
redis.call('HDEL', vendorSessions, field)
redis.call('INCRBY', billedMs, string.format('%.0f', math.max(0, redisTime() - cjson.decode(entry).openedAt)))
return {'ok', entry}`,
});
