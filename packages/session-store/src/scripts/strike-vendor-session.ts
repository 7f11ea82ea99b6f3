import { msSince } from './parts.ts';
import { script } from './script.ts';

/**
 * Takes a vendor session that is stopped out of the account's list and adds how long it was open, also for
 * the key that opened its session. `field` is its name there. Answers `ok, [its entry]`.
 */
export const strikeVendorSession = script('strikeVendorSession', {
  uses: [msSince],
  keys: ['vendorSessions', 'billedMs', 'billedMsByKey'],
  args: ['field'],
  lua: `
local entry = redis.call('HGET', vendorSessions, field)
if not entry then return {'ok'} end
redis.call('HDEL', vendorSessions, field)
local struck = cjson.decode(entry)
local openMs = msSince(struck.openedAt)
redis.call('INCRBY', billedMs, openMs)
if struck.key then
  redis.call('HINCRBY', billedMsByKey, struck.key, msSince(struck.ownedSince or struck.openedAt))
end
return {'ok', entry}`,
});
