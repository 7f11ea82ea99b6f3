import { expect, test } from 'vitest';
import { SteadyContact } from './steady-contact.ts';

test('contact lasts as long as answers come quickly', () => {
  const contact = new SteadyContact(0);
  for (const at of [1_000, 2_000, 3_000]) contact.asked(at, at + 100);
  expect(contact.lastedMs(4_000)).toBe(4_000);
});

test('it begins anew with an answer that was late, whoever was the cause, and with a refusal or a new connection', () => {
  const contact = new SteadyContact(0);
  contact.asked(1_000, 4_000);
  expect(contact.lastedMs(4_500)).toBe(500);
  contact.broken(5_000);
  expect(contact.lastedMs(5_100)).toBe(100);
});
