import type { SessionEnd } from '@avatar-bridge/contracts';
import { RelayError, TerminalError as TerminalRelayError } from '@avatar-bridge/relay';
import { StoreError } from '@avatar-bridge/session-store';
import { LostError } from '../lost-error.ts';
import {
  ProviderError,
  RetryableProviderError,
  TerminalProviderError,
} from '../providers/provider-errors.ts';
import type { StateEvent } from './state.ts';

type Down = Omit<Extract<StateEvent, { type: 'link.down' }>, 'type' | 'at' | 'chance'>;

/** What a failure means for the session: another try, or an end in words that say what a person can do. */
export function explain(error: unknown): Down {
  if (error instanceof TerminalProviderError) return hopeless(error.code, error.message);
  if (error instanceof RetryableProviderError) {
    const { code, message, retryAfter } = error;
    return { code, reason: message, ...(retryAfter !== undefined && { retryAfter }) };
  }
  if (error instanceof ProviderError || error instanceof LostError)
    return { code: error.code, reason: error.message };
  if (error instanceof StoreError) return { code: error.code, reason: error.message };
  if (error instanceof RelayError) return explainRelay(error);
  return { code: 'internal', reason: "Something broke in the worker: the worker's log says what" };
}

function explainRelay(error: RelayError): Down {
  const { code, side } = error;
  if (side === 'stage' && error instanceof TerminalRelayError) {
    const advice = 'check LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET';
    return hopeless(
      `stage-${code}`,
      `The stage's LiveKit server does not let the avatar in (${code}): ${advice}`,
    );
  }
  if (code === 'unsupported-codec') {
    const advice = 'try the other avatar.videoEncoding, or BRIDGE_RELAY_ENGINE=auto';
    return hopeless(code, `The vendor's picture or voice can't be carried as it is: ${advice}`);
  }
  if (code === 'ice-failed') {
    const where = side === 'stage' ? "the stage's" : "the vendor's";
    return {
      code: side === 'stage' ? `stage-${code}` : `relay-${code}`,
      reason: `No media gets through to ${where} LiveKit server: UDP to it is blocked, and its TCP port is no way out (see BRIDGE_RELAY_ENGINE)`,
    };
  }
  if (side === 'stage')
    return {
      code: `stage-${code}`,
      reason: `The stage's LiveKit server could not be joined (${code}): check LIVEKIT_URL`,
    };
  if (code === 'media-timeout')
    return { code, reason: "The avatar did not show up in the vendor's room in time" };
  return { code: `relay-${code}`, reason: `The avatar could not be carried to the stage (${code})` };
}

function hopeless(code: string, message: string): Down & { end: SessionEnd } {
  return { code, reason: message, end: { outcome: 'failed', code, message } };
}
