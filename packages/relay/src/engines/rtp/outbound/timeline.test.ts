import { expect, test } from 'vitest';
import { Timeline } from './timeline.ts';

test('a source that begins anew continues at the time that has passed, and at least a frame later', () => {
  const timeline = new Timeline('video', 90_000, 5);
  timeline.start(0xffff_ffff, 1000);
  expect(timeline.map(0xffff_ffff)).toBe(4);
  timeline.rebase(77, 1000);
  expect(timeline.map(77)).toBe(4 + 1500);
  timeline.rebase(200, 1100);
  expect(timeline.map(200)).toBe(4 + 1500 + 9000);
});

test('what no source has sent takes a timestamp of its own, and the next source comes after it', () => {
  const timeline = new Timeline('video', 90_000, 0);
  timeline.start(0, 0);
  expect(timeline.advance(2000)).toBe(180_000);
  timeline.rebase(12, 2500);
  expect(timeline.map(12)).toBe(225_000);
});
