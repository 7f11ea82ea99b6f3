import { onlyOnce } from './only-once.ts';
import { append } from './parts.ts';
import { script } from './script.ts';

/**
 * Writes a session's providers, and the event unless it is empty. Answers `ok` | `unknown` | `ended` |
 * `fenced, epoch`.
 */
export const setProviders = script('setProviders', {
  uses: [append, onlyOnce],
  args: ['provider', 'providers', 'event'],
  lua: `
redis.call('HSET', record, 'provider', provider, 'providers', providers)
if event ~= '' then append(event) end
return {'ok'}`,
});
