import { expect, test } from 'vitest';
import { Viewers } from './viewers.ts';

const viewer = { kind: 'standard' } as const;
const agent = { kind: 'agent' } as const;

test('a viewer counts at once, and five seconds after the last one there is nobody', () => {
  const viewers = new Viewers();
  viewers.joined(0);
  expect(viewers.among([agent, viewer], 100)).toBe(true);
  expect(viewers.among([agent], 5_099)).toBeUndefined();
  expect(viewers.among([agent], 5_100)).toBe(false);
  expect(viewers.among([viewer], 5_200)).toBe(true);
});

test('who comes into a room learns some seconds late of those who are there', () => {
  const viewers = new Viewers();
  viewers.joined(1_000);
  expect(viewers.among([], 5_999)).toBeUndefined();
  expect(viewers.among([], 6_000)).toBe(false);
  viewers.joined(10_000);
  expect(viewers.among([], 10_100)).toBeUndefined();
});
