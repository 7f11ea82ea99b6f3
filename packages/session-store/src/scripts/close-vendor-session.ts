import { append, ownersOnly } from './parts.ts';
import { script } from './script.ts';

/** Strikes out a vendor session. `field` is `vendor:<provider>:<id>`. Answers `ok` | `unknown` | `ended` | `fenced, epoch`. */
export const closeVendorSession = script('closeVendorSession', {
  keys: ['record', 'events'],
  args: ['owner', 'maxEvents', 'field', 'event'],
  lua: `
${append}
${ownersOnly}
if redis.call('HDEL', record, field) == 1 then append(event) end
return {'ok'}`,
});
