import { append, ownersOnly } from './parts.ts';
import { script } from './script.ts';

/** Writes down a vendor session. `field` is `vendor:<provider>:<id>`. Answers `ok` | `unknown` | `ended` | `fenced, epoch`. */
export const openVendorSession = script('openVendorSession', {
  uses: [append, ownersOnly],
  args: ['field', 'ref', 'event'],
  lua: `
if redis.call('HSET', record, field, ref) == 1 then append(event) end
return {'ok'}`,
});
