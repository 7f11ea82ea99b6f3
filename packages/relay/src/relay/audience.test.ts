import { expect, test } from 'vitest';
import { Audience } from './audience.ts';

test('the picture is wanted until nobody has watched it for three seconds, and at once when somebody does', () => {
  const audience = new Audience();
  expect([audience.watched, audience.wants(99_999)]).toEqual([undefined, true]);
  expect([audience.set(true, 1000), audience.set(true, 2000)]).toEqual([true, false]);
  expect([audience.set(false, 5000), audience.set(false, 6000)]).toEqual([true, false]);
  expect([audience.wants(7999), audience.wants(8000)]).toEqual([true, false]);
  expect(audience.set(true, 9000)).toBe(true);
  expect([audience.watched, audience.wants(9000)]).toEqual([true, true]);
});
