import { expect, test } from 'vitest';
import { Secret } from '../secret.ts';
import { Tickets } from './tickets.ts';

test('gateways with the same LiveKit secret know each other’s tickets, others don’t', async () => {
  const ticket = await new Tickets(new Secret('one')).issue('ses_1', Date.now() + 60_000);
  expect(await new Tickets(new Secret('one')).read(ticket)).toMatchObject({ role: 'chatbot' });
  expect(await new Tickets(new Secret('two')).read(ticket)).toBeUndefined();
});

test('a ticket holds until its end and says when that is', async () => {
  const tickets = new Tickets(new Secret('one'));
  const end = Math.floor(Date.now() / 1000) * 1000 + 60_000;
  expect(await tickets.read(await tickets.issue('ses_1', end))).toEqual({
    role: 'chatbot',
    expiresAt: end,
    sessionId: 'ses_1',
  });
  expect(await tickets.read(await tickets.issue('ses_1', Date.now() - 1))).toBeUndefined();
});
