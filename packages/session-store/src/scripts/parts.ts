import { finalStates, messageStates, openStates, storedFieldNames } from '../record/message-fields.ts';
import { sessionKeyNames } from '../record/keys.ts';
import { fragment } from './script.ts';

/** Entries of the log that are forgotten together. */
const trimmedAtOnce = 100;

/** Interrupts that a mailbox holds until somebody handles them, at most about. */
const unhandledInterrupts = 50;

const luaList = (names: readonly string[]) => `{${names.map((name) => `'${name}'`).join(', ')}}`;

/**
 * `append(json)` adds to the log and tells the listeners; gives the entry's id. The oldest entries are
 * forgotten when there are more than `maxEvents`, or they hold more than `maxEventBytes`; the record says how
 * far (`trimmed`), and what they hold (`eventBytes`). They go some at a time, for it costs little more than
 * one alone.
 */
export const append = fragment({
  keys: ['record', 'events'],
  args: ['maxEvents', 'maxEventBytes'],
  lua: `
local function forgetEvents(bytes, count)
  local freed, last = 0, nil
  for _, entry in ipairs(redis.call('XRANGE', events, '-', '+', 'COUNT', ${trimmedAtOnce})) do
    if count <= 1 then break end
    freed, count, last = freed + #entry[2][2], count - 1, entry[1]
  end
  redis.call('XTRIM', events, 'MAXLEN', count)
  redis.call('HSET', record, 'trimmed', last, 'eventBytes', bytes - freed)
end
local function append(json)
  local id = redis.call('XADD', events, '*', 'e', json)
  redis.call('PUBLISH', events, id .. ' ' .. json)
  local bytes, count = redis.call('HINCRBY', record, 'eventBytes', #json), redis.call('XLEN', events)
  if count > 1 and (bytes > tonumber(maxEventBytes) or count >= tonumber(maxEvents) + ${trimmedAtOnce}) then
    forgetEvents(bytes, count)
  end
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

/** `msSince(at)`: ms, as Redis takes a whole number. */
export const msSince = fragment({
  uses: [redisTime],
  lua: `
local function msSince(at)
  return string.format('%.0f', math.max(0, redisTime() - at))
end`,
});

/**
 * `settleVendorSession(field)` takes a vendor session out of the record and adds how long it had it; false if
 * it is not there.
 */
export const settleVendorSession = fragment({
  uses: [msSince],
  keys: ['record'],
  lua: `
local function settleVendorSession(field)
  local ref = redis.call('HGET', record, field)
  if not ref then return false end
  redis.call('HDEL', record, field)
  local entry = cjson.decode(ref)
  redis.call('HINCRBY', record, 'billedMs', msSince(entry.ownedSince or entry.openedAt))
  return true
end`,
});

/**
 * `markGivenUp(key, field, epoch)` says that nobody needs a vendor session any more, if it is there, and of
 * that epoch when one is given.
 */
export const markGivenUp = fragment({
  lua: `
local function markGivenUp(key, field, epoch)
  local json = redis.call('HGET', key, field)
  local ref = json and cjson.decode(json)
  if not ref or (epoch and ref.epoch ~= epoch) then return end
  ref.givenUp = true
  redis.call('HSET', key, field, cjson.encode(ref))
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

/**
 * Leaves the script unless the caller is the session's owner, or was its last one. `held[1]` is the session's
 * state.
 */
export const owned = fragment({
  keys: ['record'],
  args: ['owner'],
  lua: `
local held = redis.call('HMGET', record, 'state', 'owner', 'epoch')
if not held[1] then return {'unknown'} end
if held[2] ~= owner then return {'fenced', held[3]} end`,
});

/** Leaves the script unless the caller is the owner of a session that has not ended. */
export const ownersOnly = fragment({
  uses: [owned],
  lua: `
if held[1] == 'ended' then return {'ended'} end`,
});

/**
 * `interruptBelow(reach, id)` puts an interrupt of the messages with a `seq` below `reach` in the mailbox.
 * One that is not handled yet and reaches as far says the same already. Gives the id of the interrupt that
 * does it.
 */
export const interruptBelow = fragment({
  uses: [append],
  keys: ['record', 'mailbox'],
  lua: `
local function interruptBelow(reach, id)
  local waiting = redis.call('HGET', record, 'interrupt')
  if waiting then
    local reached, waitingEntry, waitingId = string.match(waiting, '^(%S+) (%S+) (%S+)$')
    if tonumber(reached) >= reach then return waitingId end
    -- What reaches further does all that it would: nobody can fill the mailbox with interrupts that nobody handles.
    local pending = tonumber(redis.call('HGET', record, 'pending'))
    if redis.call('XLEN', mailbox) > pending + ${unhandledInterrupts} then redis.call('XDEL', mailbox, waitingEntry) end
  end
  local entry = redis.call('XADD', mailbox, '*', 'type', 'interrupt', 'id', id, 'before', reach)
  redis.call('HSET', record, 'interrupt', reach .. ' ' .. entry .. ' ' .. id)
  append('{"type":"interrupt.accepted","commandId":"' .. id .. '","before":' .. reach .. '}')
  redis.call('PUBLISH', mailbox, entry)
  return id
end`,
});

/**
 * `move(id, from, to)` puts a message in another state. A final state frees its place in the mailbox, moves
 * the cursor as far as no unfinished message is before it, and packs what the message holds into one field,
 * which takes a quarter of the memory. The oldest finished ones are forgotten: of each state those beyond
 * `keepMessages`, and of all what is beyond `keepMessageBytes`.
 *
 * The cursor may pass an interrupt that nobody handled: it concerns messages before it only, and those are
 * finished by then.
 */
export const move = fragment({
  uses: [before],
  keys: sessionKeyNames,
  args: ['keepMessages', 'keepMessageBytes'],
  lua: `
local sets = {${messageStates.map((state) => `${state} = ${state}`).join(', ')}}
local fields = ${luaList(storedFieldNames)}
local function open(state)
  return ${openStates.map((state) => `state == '${state}'`).join(' or ')}
end
local function namesOf(id)
  local names = {}
  for i, field in ipairs(fields) do names[i] = id .. ':' .. field end
  return names
end
local function taskIds(utterances)
  local byIndex, last = {}, -1
  for line in string.gmatch(utterances or '', '[^\\n]+') do
    local utterance = cjson.decode(line)
    if utterance.taskId then byIndex[utterance.index] = utterance.taskId end
    last = math.max(last, utterance.index)
  end
  local ids = {}
  for index = 0, last do ids[#ids + 1] = byIndex[index] end
  return ids
end
local function pack(id)
  local names = namesOf(id)
  local values = redis.call('HMGET', messages, unpack(names))
  local packed, loose = {}, {}
  for i, field in ipairs(fields) do
    if field == 'utterances' then
      local ids = taskIds(values[i])
      if #ids > 0 then packed.taskIds = ids end
      loose[#loose + 1] = names[i]
    elseif field ~= 'state' and field ~= 'idempotency' and field ~= 'packed' and values[i] then
      packed[field] = values[i]
      loose[#loose + 1] = names[i]
    end
  end
  local json = cjson.encode(packed)
  redis.call('HDEL', messages, unpack(loose))
  redis.call('HSET', messages, id .. ':packed', json)
  return redis.call('HINCRBY', record, 'messageBytes', #json)
end
local function forget(set, id)
  local held = redis.call('HMGET', messages, id .. ':idempotency', id .. ':packed')
  if held[1] then redis.call('HDEL', idempotency, held[1]) end
  redis.call('HDEL', messages, unpack(namesOf(id)))
  redis.call('ZREM', set, id)
  return redis.call('HINCRBY', record, 'messageBytes', -#(held[2] or ''))
end
local function forgetOldest()
  local oldest, from, at
  for _, set in ipairs({${finalStates.join(', ')}}) do
    local found = redis.call('ZRANGE', set, 0, 0, 'WITHSCORES')
    if found[1] and (not at or tonumber(found[2]) < at) then oldest, from, at = found[1], set, tonumber(found[2]) end
  end
  return oldest and forget(from, oldest) or 0
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
  redis.call('XDEL', mailbox, at[2])
  settle(at[2])
  local bytes = pack(id)
  local surplus = redis.call('ZCARD', sets[to]) - tonumber(keepMessages)
  if surplus > 0 then
    for _, old in ipairs(redis.call('ZRANGE', sets[to], 0, surplus - 1)) do bytes = forget(sets[to], old) end
  end
  while bytes > tonumber(keepMessageBytes) do bytes = forgetOldest() end
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
