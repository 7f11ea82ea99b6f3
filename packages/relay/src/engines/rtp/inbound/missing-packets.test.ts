import { expect, test } from 'vitest';
import { MissingPackets } from './missing-packets.ts';

test('a packet that is only late is not asked for', () => {
  const missing = new MissingPackets();
  missing.add(5, 5, 0);
  expect(missing.due(5)).toEqual([]);
  expect(missing.remove(5)).toBe(0);
  expect(missing.dueAt).toBe(Infinity);
});

test('a missing packet is asked for with growing pauses, often enough for three answers from a distant server, then given up', () => {
  const missing = new MissingPackets();
  missing.add(0x1_0003, 0x1_0004, 0);
  let asked = 0;
  let last = 0;
  const pauses: number[] = [];
  let answeredAt = 0;
  let answers = 0;
  while (missing.size > 0) {
    const at = missing.dueAt;
    const numbers = missing.due(at);
    if (numbers.length === 0) break;
    expect(numbers).toEqual([3, 4]);
    pauses.push(at - last);
    last = at;
    asked++;
    if (at > answeredAt + 100) {
      answeredAt = at;
      answers++;
    }
  }
  expect(asked).toBe(8);
  expect(answers).toBeGreaterThanOrEqual(3);
  expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
  expect(last).toBeLessThan(700);
});

test('it tells whether a packet came because it was asked for', () => {
  const missing = new MissingPackets();
  missing.add(1, 2, 0);
  missing.due(100);
  expect(missing.remove(1)).toBe(1);
  expect(missing.remove(1)).toBe(-1);
  expect(missing.size).toBe(1);
});

test('too large a hole is not filled packet by packet', () => {
  const missing = new MissingPackets();
  expect(missing.add(1, 100, 0)).toBe(true);
  expect(missing.add(101, 500, 0)).toBe(false);
  expect(missing.size).toBe(0);
});
