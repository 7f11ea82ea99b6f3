import { expect, test } from 'vitest';
import { StallWatch } from './stall-watch.ts';

test('a second without a packet is a stall, told once, and so is the next packet', () => {
  const watch = new StallWatch();
  expect(watch.check(-1, true, 5000)).toBeUndefined();
  expect(watch.check(5000, true, 5900)).toBeUndefined();
  expect(watch.check(5000, true, 6100)).toEqual({ type: 'stalled', since: 1100 });
  expect(watch.check(5000, true, 7000)).toBeUndefined();
  expect(watch.check(8000, true, 8050)).toEqual({ type: 'resumed', gap: 3000 });
  expect(watch.check(8000, true, 8500)).toBeUndefined();
});

test('a track that is muted or rests does not stall', () => {
  const watch = new StallWatch();
  expect(watch.check(1000, false, 9000)).toBeUndefined();
  expect(watch.check(1000, true, 9000)).toEqual({ type: 'stalled', since: 8000 });
});
