import { setTimeout as delay } from 'node:timers/promises';
import type { StreamedEvent } from '@avatar-bridge/contracts';

/** A connection that takes events. */
export interface EventSink {
  send(event: StreamedEvent): void;
  /** Bytes sent that the network has not taken yet. */
  readonly buffered: number;
  /** Resolves when the network has taken all of them. */
  flushed(): Promise<void>;
  /** Aborted when nobody reads any more. */
  readonly left: AbortSignal;
}

export type DeliveryLimits = {
  /** Bytes that may wait for a reader before we wait for him. */
  buffer: number;
  /** ms that he then has to take them. */
  patience: number;
};

export const deliveryLimits: DeliveryLimits = { buffer: 256 * 1024, patience: 10_000 };

/**
 * Sends events at the reader's pace. `ended`: there will be no more. `slow`: he did not take in time what waited for him.
 * `left`: nobody reads any more.
 */
export async function deliver(
  events: AsyncIterable<StreamedEvent>,
  sink: EventSink,
  limits: DeliveryLimits,
  onSent: () => void,
): Promise<'ended' | 'slow' | 'left'> {
  for await (const event of events) {
    if (sink.left.aborted) return 'left';
    sink.send(event);
    onSent();
    if (sink.buffered > limits.buffer && !(await inTime(sink, limits.patience)))
      return sink.left.aborted ? 'left' : 'slow';
  }
  return sink.left.aborted ? 'left' : 'ended';
}

async function inTime(sink: EventSink, timeout: number): Promise<boolean> {
  const done = new AbortController();
  const late = delay(timeout, false, { signal: AbortSignal.any([done.signal, sink.left]) }).catch(
    () => false,
  );
  const flushed = sink.flushed().then(
    () => true,
    () => false,
  );
  const result = await Promise.race([flushed, late]);
  done.abort();
  return result;
}
