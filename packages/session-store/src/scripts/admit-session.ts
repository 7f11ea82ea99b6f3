import { redisTime } from './parts.ts';
import { script } from './script.ts';

/**
 * Lets a session into the queue while fewer than `limit` wait, not counting those for which a slot is free. `idempotency` is what
 * `idempotencyKey` shall say for `idempotencyTtl` ms, or empty. `queuedMs`: how long the session may wait. `queueMeta` is BullMQ's.
 *
 * Answers `ok` | `replayed, what idempotencyKey says, 1 if the session is open` | `full, how many wait`.
 */
export const admitSession = script('admitSession', {
  uses: [redisTime],
  keys: ['sessions', 'open', 'waiting', 'slotHolders', 'idempotencyKey', 'queueMeta'],
  args: ['id', 'idempotency', 'idempotencyTtl', 'limit', 'queuedMs'],
  lua: `
if idempotency ~= '' then
  local taken = redis.call('GET', idempotencyKey)
  if taken then
    local former = string.match(taken, '%S+$')
    return {'replayed', taken, redis.call('ZSCORE', open, former) and 1 or 0}
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
return {'ok'}`,
});
