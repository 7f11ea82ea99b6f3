import {
  type CallOptions,
  type LiveAvatarClient,
  TerminalError,
} from '@avatar-bridge/heygen-client/liveavatar';
import { translateError } from '../heygen/translate-error.ts';

/** ms for one attempt to stop a session. */
const timeout = 5_000;

/** Stops a session at the vendor. Rejects when nobody knows whether it is gone. */
export async function stopSession(
  client: LiveAvatarClient,
  sessionId: string,
  options: CallOptions = {},
): Promise<{ wasOpen: boolean }> {
  try {
    await client.stop(sessionId, { timeout, ...options });
    return { wasOpen: true };
  } catch (error) {
    if (error instanceof TerminalError && error.code === 'session-closed') return { wasOpen: false };
    // The token may be worn out; the key never is.
    if (options.token !== undefined && error instanceof TerminalError && error.code === 'unauthorized')
      return stopSession(client, sessionId, { ...options, token: undefined });
    throw translateError(error);
  }
}
