import { messageStates, openStates, storedFieldNames } from '../record/message-fields.ts';
import { sessionKeyNames } from '../record/keys.ts';
import { fragment } from './script.ts';

const luaList = (names: readonly string[]) => `{${names.map((name) => `'${name}'`).join(', ')}}`;

/** `append(json)` adds to the log and tells the listeners; gives the entry's id. */
export const append = fragment({
  keys: ['events'],
  args: ['maxEvents'],
  lua: `
local function append(json)
  local id = redis.call('XADD', events, 'MAXLEN', '~', maxEvents, '*', 'e', json)
  redis.call('PUBLISH', events, id .. ' ' .. json)
  return id
end`,
});

/** `time(entryId)`: its ms. */
export const time = fragment({
  lua: `
local function time(entryId)
  return string.match(entryId, '^%d+')
end`,
});

/** `redisTime()`: epoch ms by Redis' clock. */
export const redisTime = fragment({
  lua: `
local function redisTime()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end`,
});

/** `settleVendorSession(field)` takes a vendor session out of the record and adds how long it was open; false if it is not there. */
export const settleVendorSession = fragment({
  uses: [redisTime],
  keys: ['record'],
  lua: `
local function settleVendorSession(field)
  local ref = redis.call('HGET', record, field)
  if not ref then return false end
  redis.call('HDEL', record, field)
  local openMs = math.max(0, redisTime() - cjson.decode(ref).openedAt)
  redis.call('HINCRBY', record, 'billedMs', string.format('%.0f', openMs))
  return true
end`,
});

/** `before(a, b)` orders stream entry ids. */
export const before = fragment({
  lua: `
local function before(a, b)
  local aTime, aCount = string.match(a, '^(%d+)-(%d+)$')
  local bTime, bCount = string.match(b, '^(%d+)-(%d+)$')
  if aTime ~= bTime then return tonumber(aTime) < tonumber(bTime) end
  return tonumber(aCount) < tonumber(bCount)
end`,
});

/** Leaves the script unless the caller is the owner of a session that has not ended. */
export const ownersOnly = fragment({
  keys: ['record'],
  args: ['owner'],
  lua: `
local held = redis.call('HMGET', record, 'state', 'owner', 'epoch')
if not held[1] then return {'unknown'} end
if held[2] ~= owner then return {'fenced', held[3]} end
if held[1] == 'ended' then return {'ended'} end`,
});

/**
 * `interruptBelow(reach, id)` puts an interrupt of the messages with a `seq` below `reach` in the mailbox. One that is not handled yet and
 * reaches as far says the same already. Gives the id of the interrupt that does it.
 */
export const interruptBelow = fragment({
  uses: [append],
  keys: ['record', 'mailbox'],
  lua: `
local function interruptBelow(reach, id)
  local waiting = redis.call('HGET', record, 'interrupt')
  if waiting then
    local reached, waitingId = string.match(waiting, '^(%S+) %S+ (%S+)$')
    if tonumber(reached) >= reach then return waitingId end
  end
  local entry = redis.call('XADD', mailbox, '*', 'type', 'interrupt', 'id', id, 'before', reach)
  redis.call('HSET', record, 'interrupt', reach .. ' ' .. entry .. ' ' .. id)
  append('{"type":"interrupt.accepted","commandId":"' .. id .. '","before":' .. reach .. '}')
  redis.call('PUBLISH', mailbox, entry)
  return id
end`,
});

/**
 * `move(id, from, to)` puts a message in another state. A final state frees its place in the mailbox, moves the cursor as far as
 * no unfinished message is before it, and forgets the oldest messages in that state.
 *
 * The cursor may pass an interrupt that nobody handled: it concerns messages before it only, and those are finished by then.
 */
export const move = fragment({
  uses: [before],
  keys: sessionKeyNames,
  args: ['keepMessages'],
  lua: `
local sets = {${messageStates.map((state) => `${state} = ${state}`).join(', ')}}
local fields = ${luaList(storedFieldNames)}
local function open(state)
  return ${openStates.map((state) => `state == '${state}'`).join(' or ')}
end
local function forget(id)
  local key = redis.call('HGET', messages, id .. ':idempotency')
  if key then redis.call('HDEL', idempotency, key) end
  local names = {}
  for i, field in ipairs(fields) do names[i] = id .. ':' .. field end
  redis.call('HDEL', messages, unpack(names))
end
local function firstOpen()
  local first, at
  for _, set in ipairs({${openStates.join(', ')}}) do
    local found = redis.call('ZRANGE', set, 0, 0, 'WITHSCORES')
    if found[1] and (not at or tonumber(found[2]) < at) then
      first, at = found[1], tonumber(found[2])
    end
  end
  return first and redis.call('HGET', messages, first .. ':entry')
end
local function settle(entry)
  local first = firstOpen()
  if first and not before(entry, first) then return end
  local cursor = redis.call('HGET', record, 'cursor')
  if not before(cursor, entry) then return end
  redis.call('HSET', record, 'cursor', entry)
  redis.call('XTRIM', mailbox, 'MINID', '~', entry)
end
local function move(id, from, to)
  local at = redis.call('HMGET', messages, id .. ':seq', id .. ':entry')
  redis.call('HSET', messages, id .. ':state', to)
  redis.call('ZREM', sets[from], id)
  redis.call('ZADD', sets[to], at[1], id)
  if open(to) then return end
  redis.call('HINCRBY', record, 'pending', -1)
  settle(at[2])
  local surplus = redis.call('ZCARD', sets[to]) - tonumber(keepMessages)
  if surplus > 0 then
    for _, old in ipairs(redis.call('ZRANGE', sets[to], 0, surplus - 1)) do forget(old) end
    redis.call('ZREMRANGEBYRANK', sets[to], 0, surplus - 1)
  end
end`,
});

/** `drop(id, seq, eventAfterSeq, reason)` drops a message that nobody has begun to say. */
export const drop = fragment({
  uses: [append, time, move],
  lua: `
local function drop(id, seq, eventAfterSeq, reason)
  local event = append('{"type":"message.dropped","messageId":"' .. id .. '","seq":' .. seq .. ',' .. eventAfterSeq)
  redis.call('HSET', messages, id .. ':finishedAt', time(event), id .. ':reason', reason)
  move(id, 'accepted', 'dropped')
end`,
});
