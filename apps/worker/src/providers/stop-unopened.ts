import type { VendorSession } from '@avatar-bridge/contracts';
import type { Logger } from 'pino';
import { within } from '../within.ts';

/** ms that whoever wanted the vendor session waits for it. */
const patienceMs = 2_000;

/**
 * Stops a vendor session that could not be opened. Never rejects, and does not wait for long: whoever wanted
 * it stops it again.
 */
export async function stopUnopened(
  ref: VendorSession,
  stop: () => Promise<unknown>,
  logger: Logger,
): Promise<void> {
  const stopping = stop().catch((cause: unknown) => {
    logger.error({ err: cause, vendorSessionId: ref.id }, 'vendor session may be open still');
  });
  await within(stopping, patienceMs);
}
