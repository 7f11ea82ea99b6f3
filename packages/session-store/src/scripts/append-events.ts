import { onlyOnce } from './only-once.ts';
import { append } from './parts.ts';
import { script } from './script.ts';

/** Adds events to the log. `rest`: their JSON. Answers `ok, id…` | `unknown` | `ended` | `fenced, epoch`. */
export const appendEvents = script('appendEvents', {
  uses: [append, onlyOnce],
  rest: true,
  lua: `
local answer = {'ok'}
for i, json in ipairs(rest) do answer[i + 1] = append(json) end
return answer`,
});
