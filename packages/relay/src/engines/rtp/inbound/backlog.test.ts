import { expect, test } from 'vitest';
import { Backlog } from './backlog.ts';
import type { Freshness } from './backlog.ts';

const RATE = 90;

/** Verdicts on packets given as [media time, arrival] in ms. */
function judge(packets: [number, number][], start = 0): Freshness[] {
  const backlog = new Backlog(RATE * 1000);
  return packets.map(([made, arrived]) => backlog.judge((start + made * RATE) >>> 0, arrived));
}

test('what waited for seconds is old, until it is half a second behind or less', () => {
  const packets: [number, number][] = [
    [0, 0],
    [33, 33],
    [66, 8000],
    [3000, 8010],
    [7400, 8020],
    [7600, 8030],
    [7633, 8040],
  ];
  const verdicts = ['fresh', 'fresh', 'old', 'old', 'old', 'caught-up', 'fresh'];
  expect(judge(packets)).toEqual(verdicts);
  expect(judge(packets, 0xffff_ffff - 100)).toEqual(verdicts);
});

test('a pause in which the clock of the source went on leaves nothing old', () => {
  expect(
    judge([
      [0, 0],
      [20_000, 20_030],
      [20_033, 20_050],
    ]),
  ).toEqual(['fresh', 'fresh', 'fresh']);
});

test('a delay of less than a second is no backlog', () => {
  expect(
    judge([
      [0, 0],
      [33, 990],
      [66, 991],
    ]),
  ).toEqual(['fresh', 'fresh', 'fresh']);
});

test('a source whose clock stood still is believed as soon as its packets come at the speed of the clock', () => {
  const frames = Array.from({ length: 15 }, (_, index): [number, number] => [
    33 * index,
    index === 0 ? 0 : 5000 + 33 * index,
  ]);
  const verdicts = judge(frames);
  expect(verdicts.indexOf('caught-up')).toBe(11);
  expect(verdicts.slice(12)).toEqual(['fresh', 'fresh', 'fresh']);
});

test('a queue that is emptied slowly, and stops again meanwhile, is still a queue', () => {
  const first = Array.from({ length: 40 }, (_, index): [number, number] => [
    33 + 33 * index,
    8000 + 10 * index,
  ]);
  const second = Array.from({ length: 40 }, (_, index): [number, number] => [
    1400 + 33 * index,
    12_000 + 10 * index,
  ]);
  expect(new Set(judge([[0, 0], ...first, ...second]).slice(1))).toEqual(new Set(['old']));
});

test('timestamps that go back began anew, and are not old', () => {
  expect(
    judge([
      [10_000, 0],
      [0, 5000],
      [33, 5033],
    ]),
  ).toEqual(['fresh', 'fresh', 'fresh']);
});

test('after a reset nothing is known of what was before', () => {
  const backlog = new Backlog(90_000);
  backlog.judge(0, 0);
  expect(backlog.judge(3000, 8000)).toBe('old');
  expect(backlog.draining).toBe(true);
  backlog.reset();
  expect(backlog.draining).toBe(false);
  expect(backlog.judge(6000, 8001)).toBe('fresh');
});
