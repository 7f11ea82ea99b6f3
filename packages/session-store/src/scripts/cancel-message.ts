import { drop } from './parts.ts';
import { script } from './script.ts';

/**
 * Drops a message that nobody has begun to say. `eventAfterSeq` is the event's JSON after `seq`.
 * Answers `ok` | `late` | `unknown` | `unknown-message`.
 */
export const cancelMessage = script('cancelMessage', {
  uses: [drop],
  args: ['id', 'reason', 'eventAfterSeq'],
  lua: `
if redis.call('EXISTS', record) == 0 then return {'unknown'} end
local message = redis.call('HMGET', messages, id .. ':state', id .. ':seq', id .. ':utterances')
if not message[1] then return {'unknown-message'} end
if message[1] ~= 'accepted' or message[3] then return {'late'} end
drop(id, message[2], eventAfterSeq, reason)
return {'ok'}`,
});
