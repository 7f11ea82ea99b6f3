import { append, ownersOnly } from './parts.ts';
import { script } from './script.ts';

/** Writes down a vendor session. `field` is `vendor:<provider>:<id>`. Answers `ok` | `unknown` | `ended` | `fenced, epoch`. */
export const openVendorSession = script('openVendorSession', {
  keys: ['record', 'events'],
  args: ['owner', 'maxEvents', 'field', 'ref', 'event'],
  lua: `
${append}
${ownersOnly}
if redis.call('HSET', record, field, ref) == 1 then append(event) end
return {'ok'}`,
});
