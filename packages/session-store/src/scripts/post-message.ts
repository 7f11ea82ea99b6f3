import { drop, interruptBelow } from './parts.ts';
import { script } from './script.ts';

/**
 * Accepts a message: mailbox entry, event, record, wake-up; before it what its `policy` does to others. `key`
 * and `bodyHash` are empty without an Idempotency-Key; `eventAfterSeq` is the event's JSON from `mode` on.
 * `interruptId` is for the interrupt, if it takes one; `replacedAfterSeq` and `replacedReason` are for
 * messages that it replaces.
 *
 * Answers `ok, seq, position, session's state` | `replayed, "<body hash> <id> <seq> <position>"` | `unknown`
 * | `ended` | `full`.
 */
export const postMessage = script('postMessage', {
  uses: [interruptBelow, drop],
  args: [
    'limit',
    'id',
    'mode',
    'text',
    'expiresAfter',
    'eventAfterSeq',
    'key',
    'bodyHash',
    'policy',
    'interruptId',
    'replacedAfterSeq',
    'replacedReason',
  ],
  lua: `
local now = redis.call('HMGET', record, 'state', 'stop', 'pending', 'seq')
if not now[1] then return {'unknown'} end
if key ~= '' then
  local answer = redis.call('HGET', idempotency, key)
  if answer then return {'replayed', answer} end
end
if now[1] == 'ended' or now[2] then return {'ended'} end

local replaced = {}
if policy == 'replace' then
  for _, other in ipairs(redis.call('ZRANGE', accepted, 0, -1)) do
    if redis.call('HEXISTS', messages, other .. ':utterances') == 0 then replaced[#replaced + 1] = other end
  end
end
local position = tonumber(now[3]) - #replaced
if position >= tonumber(limit) then return {'full'} end
for _, other in ipairs(replaced) do
  drop(other, redis.call('HGET', messages, other .. ':seq'), replacedAfterSeq, replacedReason)
end

local seq = tonumber(now[4]) + 1
if policy == 'interrupt' then interruptBelow(seq, interruptId) end
redis.call('HSET', record, 'seq', seq, 'pending', position + 1)
local entry = redis.call('XADD', mailbox, '*',
  'type', 'message', 'id', id, 'seq', seq, 'mode', mode, 'expiresAfter', expiresAfter, 'text', text)
local event = append('{"type":"message.accepted","messageId":"' .. id .. '","seq":' .. seq .. ',' .. eventAfterSeq)
redis.call('HSET', messages, id .. ':seq', seq, id .. ':mode', mode, id .. ':text', text, id .. ':state', 'accepted',
  id .. ':entry', entry, id .. ':event', event)
if expiresAfter ~= '' then redis.call('HSET', messages, id .. ':expiresAfter', expiresAfter) end
redis.call('ZADD', accepted, seq, id)
if key ~= '' then
  redis.call('HSET', idempotency, key, bodyHash .. ' ' .. id .. ' ' .. seq .. ' ' .. position)
  redis.call('HSET', messages, id .. ':idempotency', key)
end
if now[1] == 'parked' then redis.call('HSET', record, 'wanted', 1) end
redis.call('PUBLISH', mailbox, entry)
return {'ok', seq, position, now[1]}`,
});
