import { append, owned, settleVendorSession } from './parts.ts';
import { script } from './script.ts';

/**
 * Strikes out a vendor session; with the event unless the session has ended. `field` is
 * `vendor:<provider>:<id>`. Answers `ok` | `unknown` | `fenced, epoch`.
 */
export const closeVendorSession = script('closeVendorSession', {
  uses: [append, settleVendorSession, owned],
  args: ['field', 'event'],
  lua: `
if settleVendorSession(field) and held[1] ~= 'ended' then append(event) end
return {'ok'}`,
});
