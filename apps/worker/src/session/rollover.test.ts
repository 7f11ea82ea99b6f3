import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { lastMomentMs, rolloverAfter } from './rollover.ts';

test('a vendor session without a limit is never replaced', () => {
  expect(rolloverAfter(Number.POSITIVE_INFINITY, 0.5)).toBe(Number.POSITIVE_INFINITY);
});

test('a vendor session is replaced before its limit, with time for a start and an utterance', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 20_000, max: 7_200_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (limitMs, chance) => {
        const after = rolloverAfter(limitMs, chance);
        expect(after).toBeGreaterThanOrEqual(limitMs / 3);
        expect(after).toBeLessThanOrEqual(limitMs - 12_000 + 1);
        expect(limitMs - lastMomentMs).toBeGreaterThan(after);
      },
    ),
  );
});

test('sessions that were opened together are not replaced together', () => {
  expect(rolloverAfter(600_000, 0) - rolloverAfter(600_000, 1)).toBe(60_000);
});
