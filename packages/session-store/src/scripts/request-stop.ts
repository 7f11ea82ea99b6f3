import { time } from './parts.ts';
import { script } from './script.ts';

/**
 * Asks for a session's end, once: from now on it takes no messages. `reasonJson` is `reason` as JSON.
 * Answers `ok, epoch` | `ended` | `unknown`.
 */
export const requestStop = script('requestStop', {
  uses: [time],
  keys: ['record', 'mailbox'],
  args: ['id', 'reason', 'reasonJson'],
  lua: `
local now = redis.call('HMGET', record, 'state', 'stop', 'epoch')
if not now[1] then return {'unknown'} end
if now[1] == 'ended' then return {'ended'} end
if not now[2] then
  local entry = redis.call('XADD', mailbox, '*', 'type', 'stop', 'id', id, 'reason', reason)
  redis.call('HSET', record, 'stop', '{"reason":' .. reasonJson .. ',"at":' .. time(entry) .. '}')
  redis.call('PUBLISH', mailbox, entry)
end
return {'ok', now[3]}`,
});
