import type { SessionEnd } from '@avatar-bridge/contracts';
import { RelayError, TerminalError as TerminalRelayError } from '@avatar-bridge/relay';
import { StoreError } from '@avatar-bridge/session-store';
import { LostError } from '../lost-error.ts';
import {
  ProviderError,
  RetryableProviderError,
  TerminalProviderError,
} from '../providers/provider-errors.ts';
import type { FailureKind } from './provider-choice.ts';
import { StageRefusedError, StageUnavailableError } from './stage-errors.ts';
import type { Failure } from './state.ts';

/** `kind`: what the failure says about the provider in use. */
export type Down = Pick<
  Failure,
  'code' | 'reason' | 'retryAfter' | 'end' | 'waiting' | 'untried' | 'planned' | 'removed'
> & {
  kind: FailureKind;
};

/** What a vendor refuses now and may grant later, without anything being broken. */
const limits = new Set<string>(['concurrency-limit', 'rate-limited']);
/** Codes of what is away and comes back: that it is away is nobody's failed try. */
const awaited = /^(stage-|store-unavailable$|no-slot$)/;

/** What a failure means for the session: another try, or an end in words that say what a person can do. */
export function explain(error: unknown): Down {
  const down = classify(error);
  const waiting = down.end === undefined && (down.kind === 'no-slot' || awaited.test(down.code));
  return waiting ? { ...down, waiting } : down;
}

/** Whether the stage is to blame, and no vendor session. */
export function isStageTrouble(error: unknown): boolean {
  return classify(error).code.startsWith('stage-');
}

function classify(error: unknown): Down {
  if (error instanceof StageRefusedError) return hopeless('elsewhere', error.code, error.message);
  if (error instanceof StageUnavailableError)
    return { kind: 'elsewhere', code: error.code, reason: error.message };
  if (error instanceof TerminalProviderError) return hopeless('refused', error.code, error.message);
  if (error instanceof RetryableProviderError) {
    const { code, message, retryAfter } = error;
    // Of our accounts none has a slot: which provider that leaves was decided where they were asked.
    const kind = code === 'no-slot' ? 'elsewhere' : limits.has(code) ? 'no-slot' : 'broken';
    const untried = code === 'vendor-away';
    return {
      kind,
      code,
      reason: message,
      ...(retryAfter !== undefined && { retryAfter }),
      ...(untried && { untried }),
    };
  }
  if (error instanceof ProviderError) return { kind: 'broken', code: error.code, reason: error.message };
  if (error instanceof LostError) {
    // How the avatar is carried, and the team's own server, are the same for every vendor.
    const kind = /^(stage|relay)-/.test(error.code) ? 'elsewhere' : 'broken';
    return { kind, code: error.code, reason: error.message };
  }
  if (error instanceof StoreError) return { kind: 'elsewhere', code: error.code, reason: error.message };
  if (error instanceof RelayError) return explainRelay(error);
  return {
    kind: 'broken',
    code: 'internal',
    reason: "Something broke in the worker: the worker's log says what",
  };
}

function explainRelay(error: RelayError): Down {
  const { code, side } = error;
  if (side === 'stage' && (code === 'removed' || code === 'track-removed')) {
    const reason = 'Somebody took the avatar off the stage while it was joining';
    return { kind: 'elsewhere', code: `stage-${code}`, reason, removed: true };
  }
  if (side === 'stage' && code === 'room-not-found') {
    const reason = 'Somebody deleted the room of the stage while the avatar was joining';
    return { kind: 'elsewhere', code: `stage-${code}`, reason };
  }
  if (side === 'stage' && error instanceof TerminalRelayError) {
    const advice = 'check LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET';
    return hopeless(
      'elsewhere',
      `stage-${code}`,
      `The stage's LiveKit server does not let the avatar in (${code}): ${advice}`,
    );
  }
  if (code === 'unsupported-codec') {
    const advice = 'try the other avatar.videoEncoding, or BRIDGE_RELAY_ENGINE=auto';
    return hopeless('refused', code, `The vendor's picture or voice can't be carried as it is: ${advice}`);
  }
  if (code === 'ice-failed') {
    const where = side === 'stage' ? "the stage's" : "the vendor's";
    return {
      kind: side === 'stage' ? 'elsewhere' : 'broken',
      code: side === 'stage' ? `stage-${code}` : `relay-${code}`,
      reason: `No media gets through to ${where} LiveKit server: UDP to it is blocked, and its TCP port is no way out (see BRIDGE_RELAY_ENGINE)`,
    };
  }
  if (side === 'stage')
    return {
      kind: 'elsewhere',
      code: `stage-${code}`,
      reason: `The stage's LiveKit server could not be joined (${code}): check LIVEKIT_URL`,
    };
  if (code === 'companion-missing')
    return { kind: 'broken', code, reason: "The vendor's agent did not come to the avatar's room in time" };
  if (code === 'avatar-missing') {
    const advice =
      "LIVEKIT_PUBLIC_URL (or LIVEKIT_URL) must be reachable from the vendor, and be the server of the workers' LIVEKIT_API_KEY";
    return { kind: 'broken', code, reason: `The avatar did not come to the stage in time: ${advice}` };
  }
  if (code === 'media-timeout')
    return { kind: 'broken', code, reason: "The avatar did not show up in the vendor's room in time" };
  return {
    kind: 'broken',
    code: `relay-${code}`,
    reason: `The avatar could not be carried to the stage (${code})`,
  };
}

function hopeless(kind: FailureKind, code: string, message: string): Down & { end: SessionEnd } {
  return { kind, code, reason: message, end: { outcome: 'failed', code, message } };
}
