import { CancelledError, RelayError, RetryableError, TerminalError } from '../errors.ts';
import type { Side } from '../errors.ts';
import type {
  AvatarState,
  Caption,
  DataOptions,
  MediaStats,
  RelayEvents,
  RelayOptions,
  RoomSource,
  VoiceChunk,
} from '../media-relay.ts';

/**
 * What a worker and its relay hosts say to each other over the IPC channel: commands, events and data; media
 * never, but for the sound that engine `voice` is given to play (docs/adr/0008). Both ends are this package
 * in one version, so the types are the protocol. `relay` is a number that the worker gives, unique in a host;
 * tokens travel in `start`, `switchSource` and `tokenRefreshed` only, so they are in no argument list,
 * environment or log.
 */
export type RelayCall =
  | { method: 'sendToSource'; payload: string; options: DataOptions }
  | { method: 'caption'; caption: Caption }
  | { method: 'setAvatarState'; state: AvatarState }
  | { method: 'sendToStage'; payload: string; options: DataOptions }
  | { method: 'switchSource'; source: RoomSource }
  /** `pcm` in base64: the channel speaks JSON. */
  | { method: 'playVoice'; chunk: Omit<VoiceChunk, 'pcm'> & { pcm: string } }
  | { method: 'clearVoice' }
  | { method: 'stats' };

export type HostCommand =
  | { type: 'start'; relay: number; options: RelayOptions }
  /** Answered by `result` or `fault`. */
  | { type: 'call'; relay: number; call: number; request: RelayCall }
  /**
   * Takes back a `switchSource` that is under way. That call is answered all the same: it may just have been
   * done.
   */
  | { type: 'cancel'; relay: number; call: number }
  /** Also takes back a start that is under way. Answered by the event `closed`, or by `refused`. */
  | { type: 'close'; relay: number; reason: string }
  /** Close everything and exit. */
  | { type: 'leave'; reason: string }
  /** Answered by `pong`. */
  | { type: 'ping'; ping: number };

export type HostMessage =
  | { type: 'started'; relay: number }
  | { type: 'refused'; relay: number; error: WireError }
  | RelayEventMessage
  | { type: 'result'; relay: number; call: number; value: MediaStats | null }
  | { type: 'fault'; relay: number; call: number; error: WireError }
  /**
   * For a room that was joined with the token `given`, also one that is being switched to, its server has
   * sent a newer one.
   */
  | { type: 'tokenRefreshed'; relay: number; given: string; newest: string }
  | { type: 'log'; level: 'info' | 'warn' | 'error'; fields: Record<string, unknown>; message: string }
  | { type: 'pong'; ping: number };

export type RelayEventMessage = {
  [E in keyof RelayEvents]: { type: 'event'; relay: number; event: E; args: RelayEvents[E] };
}[keyof RelayEvents];

export type WireError = {
  kind: 'terminal' | 'retryable' | 'cancelled';
  code: string;
  message: string;
  side?: Side;
};

export function toWire(error: unknown): WireError {
  if (!(error instanceof RelayError)) {
    return {
      kind: 'retryable',
      code: 'failed',
      message: error instanceof Error ? error.message : String(error),
    };
  }
  const kind =
    error instanceof TerminalError ? 'terminal' : error instanceof CancelledError ? 'cancelled' : 'retryable';
  return {
    kind,
    code: error.code,
    message: error.message,
    ...(error.side === undefined ? {} : { side: error.side }),
  };
}

export function fromWire(error: WireError): RelayError {
  const options = error.side === undefined ? {} : { side: error.side };
  switch (error.kind) {
    case 'terminal':
      return new TerminalError(error.code, error.message, options);
    case 'retryable':
      return new RetryableError(error.code, error.message, options);
    case 'cancelled':
      return new CancelledError(error.message, options);
  }
}
