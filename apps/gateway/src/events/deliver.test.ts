import type { StreamedEvent } from '@avatar-bridge/contracts';
import { expect, test } from 'vitest';
import { deliver, type EventSink } from './deliver.ts';

const limits = { buffer: 10, patience: 50 };

/** A reader who takes what he is sent when told to. */
class Reader implements EventSink {
  buffered = 0;
  sent = 0;
  taken = Promise.withResolvers<void>();
  readonly leaving = new AbortController();
  readonly left = this.leaving.signal;
  send(): void {
    this.sent++;
    this.buffered += 6;
  }
  flushed(): Promise<void> {
    return this.taken.promise;
  }
  take(): void {
    this.buffered = 0;
    this.taken.resolve();
    this.taken = Promise.withResolvers();
  }
}

async function* events(count: number): AsyncGenerator<StreamedEvent> {
  for (let i = 0; i < count; i++)
    yield { type: 'session.queued', position: 0, id: `1-${i}`, sessionId: 'ses_1', at: 1 };
}

test('all events are sent to a reader who keeps up', async () => {
  const reader = new Reader();
  const keepsUp = setInterval(() => reader.take(), 1);
  expect(await deliver(events(20), reader, limits, () => {})).toBe('ended');
  clearInterval(keepsUp);
  expect(reader.sent).toBe(20);
});

test('no more is sent to one who does not take what waits, and he is given up after a while', async () => {
  const reader = new Reader();
  expect(await deliver(events(20), reader, limits, () => {})).toBe('slow');
  expect(reader.sent).toBe(2);
});

test('one who leaves is left at once, while he is waited for, too', async () => {
  const reader = new Reader();
  const delivering = deliver(events(20), reader, { buffer: 10, patience: 60_000 }, () => {});
  setTimeout(() => reader.leaving.abort(), 5);
  expect(await delivering).toBe('left');
});
