import * as rtp from '@avatar-bridge/livekit-rtp';
import { CancelledError, RelayError, RetryableError, TerminalError, removals } from '../errors.ts';
import type { Side } from '../errors.ts';

/** What went wrong in one of the rooms, as an error of ours that says in which. */
export function roomError(error: unknown, side: Side): RelayError {
  if (error instanceof RelayError) return error;
  const message = `${side}: ${error instanceof Error ? error.message : String(error)}`;
  if (error instanceof rtp.CancelledError) return new CancelledError(message, { side, cause: error });
  if (error instanceof rtp.TerminalError)
    return new TerminalError(error.code, message, { side, cause: error });
  if (error instanceof rtp.RetryableError)
    return new RetryableError(error.code, message, { side, cause: error });
  return new RetryableError('failed', message, { side, cause: error });
}

/**
 * What a relay fails with that lost the stage before it carried anything: `removed` when somebody took it
 * off, who may not want it back.
 */
export function stageDisconnected(reason: rtp.DisconnectReason): RelayError {
  const code = removals.has(reason) ? 'removed' : 'disconnected';
  return new RetryableError(code, `stage: disconnected (${reason})`, { side: 'stage' });
}
