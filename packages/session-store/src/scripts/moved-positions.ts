import { script } from './script.ts';

/** Sessions further back are told nothing. */
const depth = 1_000;
/** Nearer to its turn, a session is told of every step. */
const everyStepFrom = 3;

/**
 * Looks which waiting sessions are to be told their position: those near their turn when it changed, others
 * when it has halved since they were told, or doubled. `queueWait` and `queuePrioritized` are BullMQ's.
 * Answers `ok` and ids and positions in turn.
 */
export const movedPositions = script('movedPositions', {
  keys: ['toldPositions', 'queueWait', 'queuePrioritized'],
  lua: `
local moved = {'ok'}
local position = redis.call('LLEN', queueWait)
for _, id in ipairs(redis.call('ZRANGE', queuePrioritized, 0, ${depth - 1})) do
  local told = tonumber(redis.call('HGET', toldPositions, id) or position)
  local far = position <= told / 2 or position >= told * 2
  if position ~= told and (position <= ${everyStepFrom} or far) then
    redis.call('HSET', toldPositions, id, position)
    moved[#moved + 1] = id
    moved[#moved + 1] = position
  end
  position = position + 1
end
return moved`,
});
