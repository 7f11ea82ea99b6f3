import { append, ownersOnly, settleVendorSession } from './parts.ts';
import { script } from './script.ts';

/** Strikes out a vendor session. `field` is `vendor:<provider>:<id>`. Answers `ok` | `unknown` | `ended` | `fenced, epoch`. */
export const closeVendorSession = script('closeVendorSession', {
  uses: [append, settleVendorSession, ownersOnly],
  args: ['field', 'event'],
  lua: `
if settleVendorSession(field) then append(event) end
return {'ok'}`,
});
