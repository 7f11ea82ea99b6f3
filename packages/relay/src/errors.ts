import type { DisconnectReason } from '@avatar-bridge/livekit-rtp';

/** Which of the two rooms an error is about. */
export type Side = 'source' | 'stage';

/**
 * Why a call failed, for code to decide on. Those of joining a room come from livekit-rtp (`unauthorized`,
 * `room-not-found`, `timeout`, `ice-failed` …); the others:
 * - `media-timeout`: the avatar's tracks were not there, or brought no packets, in time
 * - `avatar-missing`: the avatar that joins the stage by itself did not join it in time
 * - `companion-missing`: somebody else who belongs to the avatar was not in the vendor's room in time
 * - `unsupported-codec`: the vendor's codec cannot be carried without encoding it anew
 * - `disconnected`: the room of that side was left meanwhile; `removed`: because somebody wanted it
 * - `track-removed`: the stage's server took the avatar's track out of the room
 * - `engine-not-available`: this version has no such engine
 * - `host-died`: the process that carried the media is gone
 * - `cancelled`: the caller's signal, or close()
 */
export type RelayErrorCode = string;

/** The base of every error this package throws on purpose. */
export class RelayError extends Error {
  override name = 'RelayError';
  readonly code: RelayErrorCode;
  readonly side: Side | undefined;

  constructor(code: RelayErrorCode, message: string, options: ErrorOptions & { side?: Side } = {}) {
    super(message, options);
    this.code = code;
    this.side = options.side;
  }
}

/** Trying again with the same arguments will fail again. */
export class TerminalError extends RelayError {
  override name = 'TerminalError';
}

/** The network, a server or a relay host failed; the same call may succeed later. */
export class RetryableError extends RelayError {
  override name = 'RetryableError';
}

/** The caller's AbortSignal fired, or the relay was closed meanwhile. */
export class CancelledError extends RelayError {
  override name = 'CancelledError';

  constructor(message: string, options: ErrorOptions & { side?: Side } = {}) {
    super('cancelled', message, options);
  }
}

/** How LiveKit says that somebody wanted a participant to leave, as opposed to losing its connection. */
export const removals: ReadonlySet<string> = new Set<DisconnectReason>([
  'duplicate-identity',
  'participant-removed',
  'room-deleted',
]);
