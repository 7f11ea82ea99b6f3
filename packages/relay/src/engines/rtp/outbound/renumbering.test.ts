import { expect, test } from 'vitest';
import { Renumbering } from './renumbering.ts';

test('a source is continued where the one before ended', () => {
  const numbers = new Renumbering(500);
  numbers.rebase(65_530, 0);
  expect([65_530, 65_531, 65_533, 65_532].map((sequence) => numbers.map(sequence))).toEqual([
    500, 501, 503, 502,
  ]);
  numbers.rebase(7, 0);
  expect(numbers.map(7)).toBe(504);
  expect(numbers.map(6)).toBe(-1);
});

test('a hole is left where packets are known to be missing', () => {
  const numbers = new Renumbering(10);
  numbers.rebase(100, 0);
  numbers.map(100);
  numbers.rebase(5000, 1);
  expect(numbers.map(5000)).toBe(12);
});

test('the row closes over what is skipped, for packets that are late, too', () => {
  const numbers = new Renumbering(0);
  numbers.rebase(100, 0);
  numbers.map(100);
  numbers.skip(103);
  numbers.skip(105);
  expect(numbers.map(106)).toBe(4);
  expect([101, 102, 104].map((sequence) => numbers.map(sequence))).toEqual([1, 2, 3]);
  expect(numbers.map(103)).toBe(-1);
});

test('after very many skipped packets those before them have no number any more', () => {
  const numbers = new Renumbering(0);
  numbers.rebase(0, 0);
  for (let sequence = 1; sequence <= 400; sequence += 2) numbers.skip(sequence);
  expect(numbers.map(2)).toBe(-1);
  expect(numbers.map(400)).toBe(200);
  expect(numbers.map(398)).toBe(199);
});

test('a packet is given no number that encryption would refuse', () => {
  const numbers = new Renumbering(0);
  numbers.rebase(0, 0);
  numbers.map(0);
  numbers.map(2000);
  expect(numbers.map(1000)).toBe(1000);
  expect(numbers.map(999)).toBe(-1);
});
