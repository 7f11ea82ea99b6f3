import { expect, test } from 'vitest';
import { grantsOf } from './credentials.ts';

const jwt = (claims: unknown): string =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;

test('reads the grants of a ticket, and leaves out those it does not know', () => {
  expect(grantsOf(jwt({ sub: 'ses_ü?>', grants: ['restart', 'say', 'fly'] }))).toEqual(['say', 'restart']);
});

test.each(['', 'x', 'a.b.c', jwt(null), jwt({}), jwt({ grants: 'say' })])('%j allows nothing', (ticket) => {
  expect(grantsOf(ticket)).toEqual([]);
});
