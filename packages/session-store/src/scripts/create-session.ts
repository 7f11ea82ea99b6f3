import { append, time } from './parts.ts';
import { script } from './script.ts';

/** Writes the record and the first event; a record that is there stays as it is. `rest`: fields and values. Answers `ok`. */
export const createSession = script('createSession', {
  uses: [append, time],
  keys: ['record'],
  args: ['event'],
  rest: true,
  lua: `
if redis.call('EXISTS', record) == 1 then return {'ok'} end
local first = append(event)
redis.call('HSET', record, 'state', 'queued', 'createdAt', time(first),
  'epoch', 0, 'seq', 0, 'pending', 0, 'cursor', '0-0', unpack(rest))
return {'ok'}`,
});
