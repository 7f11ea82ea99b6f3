import { redisTime } from './parts.ts';
import { script } from './script.ts';

/**
 * Lets a session into the queue while fewer than `limit` wait, not counting those for which a slot is free.
 * `idempotency` is what `idempotencyKey` shall say for `idempotencyTtl` ms, or empty. `queuedMs`: how long
 * the session may wait. `priority` is its job's. `queue…` are BullMQ's.
 *
 * Answers `ok, position` | `replayed, position, what idempotencyKey says, 1 if the session is open` | `full,
 * how many wait`.
 */
export const admitSession = script('admitSession', {
  uses: [redisTime],
  keys: [
    'sessions',
    'open',
    'waiting',
    'slotHolders',
    'toldPositions',
    'idempotencyKey',
    'queueMeta',
    'queueWait',
    'queuePrioritized',
  ],
  args: ['id', 'idempotency', 'idempotencyTtl', 'limit', 'queuedMs', 'priority'],
  lua: `
if idempotency ~= '' then
  local taken = redis.call('GET', idempotencyKey)
  if taken then
    local former = string.match(taken, '%S+$')
    local position = redis.call('HGET', toldPositions, former) or 0
    return {'replayed', position, taken, redis.call('ZSCORE', open, former) and 1 or 0}
  end
end
local slots = tonumber(redis.call('HGET', queueMeta, 'concurrency') or 0)
local free = math.max(0, slots - redis.call('HLEN', slotHolders))
local count = redis.call('ZCARD', waiting)
if count >= tonumber(limit) + free then return {'full', count} end
if idempotency ~= '' then redis.call('SET', idempotencyKey, idempotency, 'PX', idempotencyTtl) end
redis.call('ZADD', waiting, string.format('%.0f', redisTime() + queuedMs), id)
redis.call('ZADD', sessions, 0, id)
redis.call('ZADD', open, 0, id)
local position = redis.call('LLEN', queueWait)
  + redis.call('ZCOUNT', queuePrioritized, '-inf', '(' .. string.format('%.0f', (priority + 1) * 0x100000000))
redis.call('HSET', toldPositions, id, position)
return {'ok', position}`,
});
