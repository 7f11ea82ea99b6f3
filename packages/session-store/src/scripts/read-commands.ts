import { ownersOnly, redisTime } from './parts.ts';
import { script } from './script.ts';

/**
 * Reads up to `count` mailbox entries after `after`, without the messages that are finished. Answers `ok,
 * place to go on from, whether there may be more, epoch ms by Redis' clock, [entry id, [fields]]…` |
 * `unknown` | `ended` | `fenced, epoch`.
 */
export const readCommands = script('readCommands', {
  uses: [ownersOnly, redisTime],
  keys: ['mailbox', 'messages'],
  args: ['after', 'count'],
  lua: `
local entries = redis.call('XRANGE', mailbox, '(' .. after, '+', 'COUNT', count)
local answer = {'ok', after, #entries == tonumber(count) and 1 or 0, redisTime()}
for _, entry in ipairs(entries) do
  local fields = entry[2]
  local wanted = true
  if fields[2] == 'message' then
    local state = redis.call('HGET', messages, fields[4] .. ':state')
    wanted = state == 'accepted' or state == 'speaking'
  end
  if wanted then answer[#answer + 1] = entry end
  answer[2] = entry[1]
end
return answer`,
});
