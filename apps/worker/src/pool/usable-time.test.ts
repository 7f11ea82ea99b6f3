import { expect, test } from 'vitest';
import { usableTime } from './usable-time.ts';

test('a vendor session is given away only with most of its time before it, and not long after it was opened', () => {
  expect(usableTime(120_000, 0).usableMs).toBe(48_000);
  expect(usableTime(3_600_000, 0).usableMs).toBe(240_000);
  expect(usableTime(undefined, 0).usableMs).toBe(240_000);
});

test('it is replaced while it can still be taken, at a time of its own', () => {
  expect(usableTime(120_000, 0).replaceMs).toBe(48_000);
  expect(usableTime(120_000, 1).replaceMs).toBe(36_000);
});
