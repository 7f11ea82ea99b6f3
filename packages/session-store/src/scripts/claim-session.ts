import { redisTime } from './parts.ts';
import { script } from './script.ts';

/**
 * Makes `owner` the owner if its epoch is newer than all before.
 * Answers `ok, epoch ms, [record]` | `unknown` | `ended` | `fenced, epoch`.
 */
export const claimSession = script('claimSession', {
  uses: [redisTime],
  keys: ['record'],
  args: ['owner', 'epoch', 'worker'],
  lua: `
local now = redis.call('HMGET', record, 'state', 'epoch')
if not now[1] then return {'unknown'} end
if now[1] == 'ended' then return {'ended'} end
if tonumber(epoch) <= tonumber(now[2]) then return {'fenced', now[2]} end
redis.call('HSET', record, 'owner', owner, 'epoch', epoch, 'worker', worker)
redis.call('HDEL', record, 'wanted')
return {'ok', redisTime(), redis.call('HGETALL', record)}`,
});
