import { expect, test } from 'vitest';
import { type Absence, type AbsenceEvent, next } from './absence.ts';

const after = (...events: AbsenceEvent[]): Absence =>
  events.reduce<Absence>((state, event) => next(state, event), { name: 'awaited' });

test('an avatar whose connection broke is missing for three seconds before it is gone', () => {
  const left: AbsenceEvent = { type: 'left', reason: 'signal-lost', at: 1_000, outage: false };
  expect(after({ type: 'came' }, left, { type: 'time', at: 3_999 })).toMatchObject({ name: 'missing' });
  expect(after({ type: 'came' }, left, { type: 'time', at: 4_000 })).toEqual({
    name: 'gone',
    reason: 'signal-lost',
  });
});

test.each(['client', 'participant-removed', 'room-deleted'] as const)(
  'an avatar that left for the reason %s is gone at once',
  (reason) => {
    expect(after({ type: 'came' }, { type: 'left', reason, at: 0, outage: false })).toEqual({
      name: 'gone',
      reason,
    });
  },
);

test('an avatar that comes back is present again, also after it was gone', () => {
  const left: AbsenceEvent = { type: 'left', reason: 'client', at: 0, outage: false };
  expect(after({ type: 'came' }, left, { type: 'came' })).toEqual({ name: 'present' });
});

test('an avatar that was never there cannot leave', () => {
  expect(after({ type: 'left', reason: 'other', at: 0, outage: false }, { type: 'time', at: 9e9 })).toEqual({
    name: 'awaited',
  });
});

test('after an outage of the stage everybody has five seconds to come back', () => {
  const left: AbsenceEvent = { type: 'left', reason: 'other', at: 1_000, outage: true };
  expect(after({ type: 'came' }, left, { type: 'time', at: 5_999 })).toMatchObject({ name: 'missing' });
  expect(after({ type: 'came' }, left, { type: 'time', at: 6_000 })).toMatchObject({ name: 'gone' });
});
