import { script } from './script.ts';

/** Notes that a parked session is needed. Answers `parked` | `ok` when it is not parked | `unknown`. */
export const wantSession = script('wantSession', {
  keys: ['record'],
  lua: `
local state = redis.call('HGET', record, 'state')
if not state then return {'unknown'} end
if state ~= 'parked' then return {'ok'} end
redis.call('HSET', record, 'wanted', 1)
return {'parked'}`,
});
