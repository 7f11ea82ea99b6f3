import { expect, test } from 'vitest';
import { expectedWaitMs } from './expected-wait.ts';

const use = (slots: number | undefined, held: number, averageHeldMs?: number) => ({
  slots,
  held,
  averageHeldMs,
});

test.each([
  ['the next one comes when the first of the slots is free again', 0, use(1, 1, 60_000), 60_000],
  ['several slots become free sooner', 0, use(4, 4, 60_000), 15_000],
  ['those before it go first', 7, use(4, 4, 60_000), 120_000],
  ['a free slot is taken at once', 1, use(4, 2), 0],
  ['free slots go to those before it', 3, use(4, 2, 60_000), 30_000],
  ['more may be held than there are, after a change of configuration', 0, use(2, 5, 60_000), 30_000],
  ['no session has ended yet', 0, use(1, 1), undefined],
  ['no worker has come yet', 0, use(undefined, 0, 60_000), undefined],
])('%s', (_, position, slotUse, expected) => {
  expect(expectedWaitMs(position, slotUse)).toBe(expected);
});
