import { sessionKeyNames } from '../record/keys.ts';
import { append, time } from './parts.ts';
import { script } from './script.ts';

/**
 * Ends a session: unfinished messages are dropped, each with an event; all keys expire after `ttl` ms.
 * `owner` is empty when its lease's holder ends it, or nobody has leased it: then the record's epoch must not be above `epoch`.
 * `endJson` is the end; `reason` goes into the messages; `droppedAfterSeq` is the rest of their events' JSON, after `seq`.
 *
 * Answers `ok` | `unknown` | `ended` | `fenced, epoch`.
 */
export const endSession = script('endSession', {
  uses: [append, time],
  keys: sessionKeyNames,
  args: ['owner', 'epoch', 'ttl', 'endJson', 'reason', 'droppedAfterSeq', 'event'],
  lua: `
local held = redis.call('HMGET', record, 'state', 'owner', 'epoch')
if not held[1] then return {'unknown'} end
if owner == '' and tonumber(held[3]) > tonumber(epoch) then return {'fenced', held[3]} end
if owner ~= '' and held[2] ~= owner then return {'fenced', held[3]} end
if held[1] == 'ended' then return {'ended'} end

local open = {}
for _, set in ipairs({accepted, speaking}) do
  local found = redis.call('ZRANGE', set, 0, -1, 'WITHSCORES')
  for i = 1, #found, 2 do open[#open + 1] = {found[i], tonumber(found[i + 1])} end
end
table.sort(open, function(a, b) return a[2] < b[2] end)
for _, message in ipairs(open) do
  local id, seq = message[1], message[2]
  local eventId = append('{"type":"message.dropped","messageId":"' .. id .. '","seq":' .. seq .. ',' .. droppedAfterSeq)
  redis.call('HSET', messages, id .. ':state', 'dropped', id .. ':finishedAt', time(eventId), id .. ':reason', reason)
  redis.call('ZADD', dropped, seq, id)
end

local ended = append(event)
redis.call('HSET', record, 'state', 'ended', 'endedAt', time(ended), 'end', endJson, 'pending', 0)
redis.call('DEL', accepted, speaking, mailbox)
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ttl) end
redis.call('PUBLISH', mailbox, 'ended')
return {'ok'}`,
});
