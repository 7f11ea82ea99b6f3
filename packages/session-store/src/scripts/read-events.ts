import { script } from './script.ts';

/**
 * Reads up to `count` log entries after `after`. Answers `ok, session state, id of the last one forgotten,
 * id of the last, [entry id, [fields]]…` | `unknown`.
 */
export const readEvents = script('readEvents', {
  keys: ['record', 'events'],
  args: ['after', 'count'],
  lua: `
local now = redis.call('HMGET', record, 'state', 'trimmed')
if not now[1] then return {'unknown'} end
local last = redis.call('XREVRANGE', events, '+', '-', 'COUNT', 1)[1]
return {'ok', now[1], now[2] or '0-0', last and last[1] or '0-0',
  unpack(redis.call('XRANGE', events, '(' .. after, '+', 'COUNT', count))}`,
});
