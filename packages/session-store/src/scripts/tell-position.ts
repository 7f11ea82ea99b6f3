import { append } from './parts.ts';
import { script } from './script.ts';

/** Adds the event of a position to the log while the session is queued. Answers `ok`. */
export const tellPosition = script('tellPosition', {
  uses: [append],
  args: ['event'],
  lua: `
if redis.call('HGET', record, 'state') == 'queued' then append(event) end
return {'ok'}`,
});
