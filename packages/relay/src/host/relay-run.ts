import type { RelayError } from '../errors.ts';
import type { MediaStats, RelayOptions } from '../media-relay.ts';
import type { RelayCall, RelayEventMessage, WireError } from './protocol.ts';

/** A relay on one host, from its start until the relay closes or the host is gone. */
export type RelayRun = {
  call(call: number, request: RelayCall): void;
  /** The call does not have to be carried out any more; it is answered all the same. */
  cancel(call: number): void;
  close(reason: string): void;
};

/**
 * Whoever has a relay run. `onRefused`, the event `closed` and `onHostGone` are the last that is heard of a
 * run.
 */
export interface RunListener {
  onStarted(): void;
  onRefused(error: RelayError): void;
  onEvent(message: RelayEventMessage): void;
  onResult(call: number, value: MediaStats | null): void;
  onFault(call: number, error: WireError): void;
  onTokenRefreshed(given: string, newest: string): void;
  onHostGone(message: string): void;
}

/** Begins a run on some host. */
export type RunRelay = (options: RelayOptions, listener: RunListener) => RelayRun;
