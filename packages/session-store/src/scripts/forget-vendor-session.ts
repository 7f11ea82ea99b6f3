import { append, settleVendorSession } from './parts.ts';
import { script } from './script.ts';

/** Takes out of a record, whoever owns it, a vendor session that is stopped; with the event unless the session has ended. Answers `ok`. */
export const forgetVendorSession = script('forgetVendorSession', {
  uses: [append, settleVendorSession],
  args: ['field', 'event'],
  lua: `
if settleVendorSession(field) and redis.call('HGET', record, 'state') ~= 'ended' then append(event) end
return {'ok'}`,
});
