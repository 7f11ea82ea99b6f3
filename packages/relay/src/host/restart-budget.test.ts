import { expect, test } from 'vitest';
import { RestartBudget } from './restart-budget.ts';

test('three restarts within a minute, each after a longer wait', () => {
  const budget = new RestartBudget();
  expect([0, 1_000, 2_000, 3_000].map((now) => budget.take(now))).toEqual([0, 500, 2_000, undefined]);
});

test('what is a minute ago no longer counts', () => {
  const budget = new RestartBudget();
  for (const now of [0, 30_000, 31_000]) budget.take(now);
  expect(budget.take(59_999)).toBeUndefined();
  expect(budget.take(60_000)).toBe(2_000);
  expect(budget.take(60_001)).toBeUndefined();
  expect(budget.take(200_000)).toBe(0);
});
