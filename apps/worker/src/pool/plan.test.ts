import type { PooledVendorSession } from '@avatar-bridge/session-store';
import { expect, test } from 'vitest';
import { plan, type PoolFacts } from './plan.ts';

const ref = (id: string) => ({ provider: 'heygen', id, openedAt: 0 });
const listed = (id: string, keeper = 'me', key = 'usual'): PooledVendorSession => ({
  ...ref(id),
  pool: { key, keeper, usableUntil: 1_000 },
});
const kept = (id: string, wornAt = 500) => ({ ref: ref(id), wornAt });
const usual = { key: 'usual', count: 2 };
const nothing = { open: [], replace: [], letGo: [], stop: [] };
const planned = (facts: Partial<PoolFacts>) =>
  plan({
    at: 100,
    keeper: 'me',
    wanted: [usual],
    listed: [],
    kept: [],
    opening: [],
    stopping: [],
    openNotBefore: 0,
    ...facts,
  });

test('what is missing is opened, a few at a time', () => {
  expect(planned({}).open).toEqual([usual, usual]);
  expect(planned({ wanted: [{ key: 'usual', count: 9 }] }).open).toHaveLength(2);
  expect(planned({ opening: [{ key: 'usual' }] }).open).toEqual([usual]);
  const other = { key: 'other', count: 1 };
  expect(planned({ wanted: [usual, other], listed: [listed('a', 'her')] }).open).toEqual([usual, other]);
});

test('what other workers keep counts, and what is being opened counts once', () => {
  expect(planned({ listed: [listed('a', 'her'), listed('b', 'him')] })).toEqual(nothing);
  const opening = [{ key: 'usual', ref: ref('a') }];
  expect(planned({ listed: [listed('a')], opening }).open).toEqual([usual]);
  expect(planned({ listed: [listed('a'), listed('b', 'her')], opening })).toEqual(nothing);
  expect(planned({ opening: [{ key: 'usual' }, { key: 'usual', ref: ref('a') }] })).toEqual(nothing);
});

test('nothing is opened before its time', () => {
  expect(planned({ openNotBefore: 101 })).toEqual(nothing);
});

test('those that are worn are replaced, one by one as their time comes', () => {
  const facts = { listed: [listed('a'), listed('b')], kept: [kept('a', 100), kept('b', 101)] };
  expect(planned(facts)).toEqual({ ...nothing, replace: [kept('a', 100)] });
});

test('those that a session or the sweep has taken are let go, and made up for', () => {
  const facts = { listed: [listed('b', 'sweeper'), listed('c')], kept: [kept('a', 0), kept('b'), kept('c')] };
  expect(planned(facts)).toEqual({ ...nothing, letGo: [kept('a', 0), kept('b')] });
  expect(planned({ kept: [kept('a')] })).toEqual({ ...nothing, letGo: [kept('a')], open: [usual, usual] });
});

test('what is listed as ours and is not known any more is stopped', () => {
  expect(planned({ listed: [listed('a'), listed('b')], kept: [kept('b')] }).stop).toEqual([listed('a')]);
  expect(planned({ listed: [listed('a'), listed('b')], stopping: [ref('a'), ref('b')] })).toEqual(nothing);
});
