import { expect, test } from 'vitest';
import { Secret } from '../secret.ts';
import { Tickets } from './tickets.ts';

const claims = { sessionId: 'ses_1', grants: ['say', 'stop'] as const };

test('accepts the tickets of another gateway with the same LiveKit secret only', async () => {
  const ticket = await new Tickets(new Secret('one')).issue({ ...claims, expiresAt: Date.now() + 60_000 });
  expect(await new Tickets(new Secret('one')).read(ticket)).toMatchObject(claims);
  expect(await new Tickets(new Secret('two')).read(ticket)).toBeUndefined();
});

test('reads back what a ticket says until it expires', async () => {
  const tickets = new Tickets(new Secret('one'));
  const expiresAt = Math.floor(Date.now() / 1000) * 1000 + 5_000;
  expect(await tickets.read(await tickets.issue({ ...claims, expiresAt }))).toEqual({ ...claims, expiresAt });
  expect(await tickets.read(await tickets.issue({ ...claims, expiresAt: Date.now() - 1 }))).toBeUndefined();
});
