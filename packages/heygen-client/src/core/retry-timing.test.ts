import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoff, retryAfter } from './retry-timing.ts';

const now = Date.parse('2026-11-22T10:00:00Z');
const wait = (headers: Record<string, string>) => retryAfter(new Headers(headers), now);

test.each([
  [{ 'retry-after': '3' }, 3_000],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': '1.5' }, 1_500],
  [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
  [{ 'retry-after': 'Sun, 22 Nov 2026 10:00:05 GMT' }, 5_000],
  [{ 'retry-after': 'Sun, 22 Nov 2026 09:00:00 GMT' }, 0],
  [{ 'retry-after': '61' }, undefined],
  [{ 'retry-after': 'Sun, 22 Nov 2026 11:00:00 GMT' }, undefined],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '-5' }, undefined],
  [{}, undefined],
])('%j means a wait of %s ms', (headers, expected) => {
  expect(wait(headers as Record<string, string>)).toBe(expected);
});

test('whatever a server writes, the wait is between nothing and a minute', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      const headers = { get: (name: string) => (name === 'retry-after' ? a : b) };
      const ms = retryAfter(headers, now);
      expect(ms === undefined || (ms >= 0 && ms <= 60_000)).toBe(true);
    }),
  );
});

test('pauses double from half a second to 8 s, up to a quarter shorter', () => {
  expect([0, 1, 2, 3, 4, 50].map((n) => backoff(n, () => 0))).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 8_000,
  ]);
  expect(backoff(0, () => 1)).toBe(375);
});
