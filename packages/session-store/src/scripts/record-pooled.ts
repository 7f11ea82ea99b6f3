import { script } from './script.ts';

/**
 * Writes down a vendor session that is to be kept ready, in the place of its reservation, or more about it.
 * Answers `ok` | `gone`: the reservation has lapsed, or somebody else has the vendor session now.
 */
export const recordPooled = script('recordPooled', {
  keys: ['vendorSessions', 'slotReservations'],
  args: ['field', 'entry', 'keeper', 'reservation'],
  lua: `
local known = redis.call('HGET', vendorSessions, field)
if known then
  local pool = cjson.decode(known).pool
  if not pool or pool.keeper ~= keeper then return {'gone'} end
elseif redis.call('ZREM', slotReservations, reservation) == 0 then
  return {'gone'}
end
redis.call('HSET', vendorSessions, field, entry)
return {'ok'}`,
});
