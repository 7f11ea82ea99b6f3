import { append, ownersOnly } from './parts.ts';
import { script } from './script.ts';

/** Strikes out a vendor session. `field` is `vendor:<provider>:<id>`. Answers `ok` | `unknown` | `ended` | `fenced, epoch`. */
export const closeVendorSession = script('closeVendorSession', {
  uses: [append, ownersOnly],
  args: ['field', 'event'],
  lua: `
if redis.call('HDEL', record, field) == 1 then append(event) end
return {'ok'}`,
});
