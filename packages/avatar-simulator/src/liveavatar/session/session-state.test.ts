import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { minted, next, nextDue, type SessionEvent, type SessionState } from './session-state.ts';

const limits = { token: 3_600_000, duration: 120_000, reap: 200_000, minute: 60_000 };
const after = (...events: SessionEvent[]): SessionState =>
  events.reduce((state, event) => next(state, event, limits), minted(0));

const connected: SessionEvent[] = [
  { type: 'start', at: 1_000 },
  { type: 'ready', at: 3_000 },
];

describe('a session', () => {
  test('is minted, connecting, connected and closed', () => {
    expect(after()).toMatchObject({ name: 'minted' });
    expect(after(connected[0]!)).toMatchObject({ name: 'connecting', startedAt: 1_000 });
    expect(after(...connected)).toMatchObject({ name: 'connected', connectedAt: 3_000 });
    expect(after(...connected, { type: 'close', at: 4_000, reason: 'stopped' })).toEqual({
      name: 'closed',
      openedAt: 0,
      startedAt: 1_000,
      connectedAt: 3_000,
      closedAt: 4_000,
      reason: 'stopped',
    });
  });

  test('ends when nobody starts it, or nobody keeps it alive', () => {
    expect(nextDue(after(), limits)).toEqual({ at: 3_600_000, what: 'end', reason: 'no-client' });
    const long = { ...limits, duration: 3_600_000, minute: Infinity };
    const state = next(next(minted(0), connected[0]!, long), { type: 'activity', at: 50_000 }, long);
    expect(nextDue(state, long)).toEqual({ at: 250_000, what: 'end', reason: 'reaped' });
    expect(next(state, { type: 'time', at: 249_999 }, long)).toBe(state);
    expect(next(state, { type: 'time', at: 250_000 }, long)).toMatchObject({ reason: 'reaped' });
  });

  test('is not reaped while it speaks', () => {
    const long = { ...limits, duration: 3_600_000, minute: Infinity };
    const speaking = [...connected, { type: 'speech-started', at: 4_000 } as const].reduce(
      (state, event) => next(state, event, long),
      minted(0),
    );
    expect(nextDue(speaking, long)).toMatchObject({ what: 'limit' });
  });

  test('pays minute by minute until its limit', () => {
    expect(nextDue(after(...connected), limits)).toEqual({ at: 61_000, what: 'pay' });
    expect(nextDue(after(...connected, { type: 'paid', at: 61_000 }), limits)).toMatchObject({ at: 121_000 });
  });

  test('that is muted at its limit pays no more, and is reaped', () => {
    const state = after(...connected, { type: 'muted', at: 121_000 });
    expect(nextDue(state, limits)).toEqual({ at: 203_000, what: 'end', reason: 'reaped' });
  });
});

test('nothing brings a closed session back', () => {
  const types = [
    'start',
    'ready',
    'activity',
    'speech-started',
    'speech-ended',
    'paid',
    'muted',
    'time',
  ] as const;
  const event = fc.record({ type: fc.constantFrom(...types), at: fc.nat() });
  const closed = after({ type: 'close', at: 1, reason: 'stopped' });
  expect(() => fc.assert(fc.property(event, (one) => next(closed, one, limits) === closed))).not.toThrow();
});
