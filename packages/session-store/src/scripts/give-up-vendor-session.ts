import { markGivenUp, ownersOnly } from './parts.ts';
import { script } from './script.ts';

/**
 * Says in the record that nobody needs a vendor session any more. `field` is `vendor:<provider>:<id>`.
 * Answers `ok` | `unknown` | `ended` | `fenced, epoch`.
 */
export const giveUpVendorSession = script('giveUpVendorSession', {
  uses: [markGivenUp, ownersOnly],
  args: ['field'],
  lua: `
markGivenUp(record, field)
return {'ok'}`,
});

/**
 * Says the same in the account's list, unless a later epoch has gone on with it. `field` is its name there.
 * Answers `ok`.
 */
export const condemnVendorSession = script('condemnVendorSession', {
  uses: [markGivenUp],
  keys: ['vendorSessions'],
  args: ['field', 'epoch'],
  lua: `
markGivenUp(vendorSessions, field, tonumber(epoch))
return {'ok'}`,
});
