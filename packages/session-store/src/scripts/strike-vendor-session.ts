import { msSince } from './parts.ts';
import { script } from './script.ts';

/**
 * Takes a vendor session that is stopped out of the account's list and adds how long it was open. `field` is its name there.
 * Answers `ok, [its entry]`.
 */
export const strikeVendorSession = script('strikeVendorSession', {
  uses: [msSince],
  keys: ['vendorSessions', 'billedMs'],
  args: ['field'],
  lua: `
local entry = redis.call('HGET', vendorSessions, field)
if not entry then return {'ok'} end
redis.call('HDEL', vendorSessions, field)
redis.call('INCRBY', billedMs, msSince(cjson.decode(entry).openedAt))
return {'ok', entry}`,
});
