import { onlyOnce } from './only-once.ts';
import { append, time } from './parts.ts';
import { script } from './script.ts';

/**
 * Writes a session's state and the event that tells it. Answers `ok, event id` | `unknown` | `ended` |
 * `fenced, epoch`.
 */
export const setState = script('setState', {
  uses: [append, time, onlyOnce],
  args: ['state', 'event'],
  lua: `
local id = append(event)
redis.call('HSET', record, 'state', state)
if state == 'live' then redis.call('HSETNX', record, 'liveAt', time(id)) end
return {'ok', id}`,
});
