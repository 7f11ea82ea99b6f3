import { type CallOptions, type HeyGenClient, TerminalError } from '@avatar-bridge/heygen-client';
import { RetryableProviderError } from '../provider-errors.ts';
import { saysWrongState, translateError } from './translate-error.ts';

/** ms for one attempt to stop a session. */
const timeout = 5_000;

/**
 * Stops a session at the vendor. Rejects when nobody knows whether it is gone: the vendor says "not in correct state" of a session
 * that is gone, and perhaps of one that never came up, so then the list of open sessions decides.
 */
export async function stopSession(
  client: HeyGenClient,
  sessionId: string,
  options: CallOptions = {},
): Promise<{ wasOpen: boolean }> {
  try {
    await client.stop(sessionId, { timeout, ...options });
    return { wasOpen: true };
  } catch (error) {
    // The token may be worn out; the key never is.
    if (options.token !== undefined && error instanceof TerminalError && error.code === 'unauthorized')
      return stopSession(client, sessionId, { ...options, token: undefined });
    if (!saysWrongState(error)) throw translateError(error);
  }
  const open = await client.list({ timeout, signal: options.signal }).catch((error: unknown) => {
    throw translateError(error);
  });
  if (open.some((session) => session.sessionId === sessionId))
    throw new RetryableProviderError('not-ready', 'HeyGen lists the session as open and refuses to stop it');
  return { wasOpen: false };
}
