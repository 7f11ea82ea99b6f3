import { expect, test } from 'vitest';
import { KeyFrameRequests } from './key-frame-requests.ts';

test('requests close to each other become one, and one that came too early is made later', () => {
  const requests = new KeyFrameRequests();
  requests.request();
  expect(requests.due(1000)).toBe(true);
  requests.served();
  requests.request();
  expect(requests.due(1100)).toBe(false);
  expect(requests.dueAt).toBe(1500);
  expect(requests.due(1500)).toBe(true);
});

test('it asks again until a key frame comes', () => {
  const requests = new KeyFrameRequests();
  requests.request();
  expect([0, 500, 1000].map((now) => requests.due(now))).toEqual([true, true, true]);
  requests.served();
  expect(requests.dueAt).toBe(Infinity);
  expect(requests.due(5000)).toBe(false);
});

test('it gives up on a source that never answers', () => {
  const requests = new KeyFrameRequests();
  requests.request();
  const asked = Array.from({ length: 50 }, (_, index) => requests.due(index * 500)).filter(Boolean);
  expect(asked).toHaveLength(8);
});
