import {
  type CallOptions,
  type LiveAvatarClient,
  TerminalError,
} from '@avatar-bridge/heygen-client/liveavatar';
import { translateError } from '../heygen/translate-error.ts';

/** ms for one attempt to stop a session. */
const timeout = 5_000;

/** Stops a session at the vendor, who does not mind when it is gone. Rejects when nobody knows whether it is. */
export async function stopSession(
  client: LiveAvatarClient,
  sessionId: string,
  options: CallOptions = {},
): Promise<void> {
  try {
    await client.stop(sessionId, { timeout, ...options });
  } catch (error) {
    if (error instanceof TerminalError && error.code === 'session-closed') return;
    // The token may be worn out; the key never is.
    if (options.token !== undefined && error instanceof TerminalError && error.code === 'unauthorized')
      return stopSession(client, sessionId, { ...options, token: undefined });
    throw translateError(error);
  }
}

/** Stops a session of which only the id is known, and tells whether it was open. */
export async function reapSession(
  client: LiveAvatarClient,
  sessionId: string,
  signal: AbortSignal | undefined,
): Promise<{ wasOpen: boolean }> {
  let wasOpen = true;
  try {
    const { endedAt } = await client.get(sessionId, { timeout, signal });
    wasOpen = endedAt === undefined;
  } catch (error) {
    if (error instanceof TerminalError && error.code === 'session-closed') return { wasOpen: false };
    // It is to be stopped all the same.
  }
  await stopSession(client, sessionId, { signal });
  return { wasOpen };
}
