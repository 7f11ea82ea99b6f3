import { append, messageKeys, move, time } from './parts.ts';
import { script } from './script.ts';

/**
 * Drops a message that nobody has begun to say. `eventTail` is the event's JSON after `seq`.
 * Answers `ok` | `late` | `unknown` | `unknown-message`.
 */
export const cancelMessage = script('cancelMessage', {
  keys: messageKeys,
  args: ['maxEvents', 'keepMessages', 'id', 'reason', 'eventTail'],
  lua: `
${append}
${time}
${move}
if redis.call('EXISTS', record) == 0 then return {'unknown'} end
local message = redis.call('HMGET', messages, id .. ':state', id .. ':seq', id .. ':utterances')
if not message[1] then return {'unknown-message'} end
if message[1] ~= 'accepted' or message[3] then return {'late'} end
local event = append('{"type":"message.dropped","messageId":"' .. id .. '","seq":' .. message[2] .. ',' .. eventTail)
redis.call('HSET', messages, id .. ':finishedAt', time(event), id .. ':reason', reason)
move(id, 'accepted', 'dropped')
return {'ok'}`,
});
