import { ownersOnly } from './parts.ts';
import { fragment } from './script.ts';

/**
 * Leaves the script, with `ok`, when this write of the owner's was done before: its answer was lost, and it
 * is sent again. `write` is `<epoch> <number>`, numbers in the order of the writes; empty for one that is not
 * sent again. The record says which was the last.
 */
export const onlyOnce = fragment({
  uses: [ownersOnly],
  args: ['write'],
  lua: `
if write ~= '' then
  local epoch, number = string.match(write, '^(%d+) (%d+)$')
  local doneEpoch, doneNumber = string.match(redis.call('HGET', record, 'write') or '', '^(%d+) (%d+)$')
  if doneEpoch == epoch and tonumber(number) <= tonumber(doneNumber) then return {'ok'} end
  redis.call('HSET', record, 'write', write)
end`,
});
