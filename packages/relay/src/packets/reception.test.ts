import { expect, test } from 'vitest';
import { Reception } from './reception.ts';

function receive(reception: Reception, sequenceNumbers: number[], step = 10): string[] {
  return sequenceNumbers.map((number, index) =>
    reception.arrived(reception.extend(number), index * 900, index * step, false),
  );
}

test('packets are told apart by their place in the row', () => {
  const reception = new Reception(1, 90_000, 65_534);
  expect(receive(reception, [65_534, 65_535, 1, 0, 1, 65_533])).toEqual([
    'newest',
    'newest',
    'newest',
    'late',
    'duplicate',
    'too-old',
  ]);
  expect(reception.highest).toBe(0x2_0001);
  expect(reception.lost).toBe(0);
});

test('a large jump is a break, and so are two old packets in a row', () => {
  const reception = new Reception(1, 90_000, 0);
  expect(receive(reception, [0, 1, 5000, 5001])).toEqual(['newest', 'newest', 'jump', 'newest']);
  const before = reception.highest;
  expect(receive(reception, [100, 2000, 101, 3000, 102, 103, 104])).toEqual([
    'too-old',
    'too-old',
    'too-old',
    'too-old',
    'too-old',
    'jump',
    'newest',
  ]);
  expect(reception.highest).toBeGreaterThan(before);
  expect(reception.lost).toBe(0);
});

test('the report has loss since the last one, the total, and the delay since the sender report', () => {
  const reception = new Reception(7, 90_000, 0);
  receive(reception, [0, 1, 2, 4, 5, 6, 7, 9]);
  reception.senderReport(0x1234_5678, 100);
  expect(reception.block(1100)).toMatchObject({
    ssrc: 7,
    fractionLost: Math.floor((2 * 256) / 10),
    cumulativeLost: 2,
    highestSequence: 9,
    lastSenderReport: 0x1234_5678,
    delaySinceLastSenderReport: 0x10000,
  });
  expect(reception.block(2100)).toMatchObject({ fractionLost: 0, cumulativeLost: 2 });
});

test('packets that were resent fill the row but are reported as lost', () => {
  const reception = new Reception(7, 90_000, 0);
  receive(reception, [0, 1, 3]);
  expect(reception.arrived(reception.extend(2), 0, 50, true)).toBe('late');
  expect(reception.lost).toBe(0);
  expect(reception.block(100).cumulativeLost).toBe(1);
});

test('jitter is the mean deviation of arrival from the timestamps', () => {
  const even = new Reception(1, 90_000, 0);
  receive(even, [0, 1, 2, 3, 4, 5], 10);
  expect(even.jitter).toBe(0);
  const late = new Reception(1, 90_000, 0);
  receive(late, [0, 1, 2, 3, 4, 5], 14);
  expect(late.jitter).toBeGreaterThan(0.5);
});
