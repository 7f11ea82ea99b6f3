import { expect, test } from 'vitest';
import { chunkMs, type Supply } from './chunk-size.ts';

test.for<[string, Supply, number]>([
  ['nothing', { waitingMs: 0, complete: true, aheadMs: 0, first: true }, 0],
  ['too little of a beginning', { waitingMs: 299, complete: false, aheadMs: 0, first: true }, 0],
  ['a beginning', { waitingMs: 300, complete: false, aheadMs: 0, first: true }, 300],
  ['a beginning with much behind it', { waitingMs: 5000, complete: false, aheadMs: 0, first: true }, 400],
  ['a short whole', { waitingMs: 120, complete: true, aheadMs: 0, first: true }, 120],
  ['more', { waitingMs: 5000, complete: false, aheadMs: 400, first: false }, 1000],
  ['too little more', { waitingMs: 700, complete: false, aheadMs: 700, first: false }, 0],
  ['little while the player runs dry', { waitingMs: 120, complete: false, aheadMs: 250, first: false }, 120],
  ['the end', { waitingMs: 50, complete: true, aheadMs: 2000, first: false }, 50],
  ['more than the player may hold', { waitingMs: 1000, complete: true, aheadMs: 2001, first: false }, 0],
])('hands over %s', ([, supply, expected]) => {
  expect(chunkMs(supply)).toBe(expected);
});
