import { expect, test } from 'vitest';
import type { Posted } from './chatbot.ts';
import { type Accounts, type Said, settle } from './ledger.ts';
import { textOf } from './texts.ts';

const posted = (message: number, more: Partial<Posted> = {}): Posted => {
  const sentAt = 1_000 * message;
  return { session: 1, message, parts: 1, id: `m${message}`, sentAt, ackedAt: sentAt + 5, ...more };
};
const said = (message: number, startedAt: number, more: Partial<Said> = {}): Said => ({
  vendorSession: 'v',
  text: textOf(1, message, 1),
  startedAt,
  stoppedAt: startedAt + 500,
  ...more,
});
const accounts = (more: Partial<Accounts>): Accounts => ({
  posted: [posted(0), posted(1)],
  interrupts: [],
  told: [],
  said: [said(0, 10_000), said(1, 11_000)],
  heard: () => true,
  ...more,
});
const balance = (more: Partial<Accounts>) => settle(accounts(more)).ledger;
const clean = {
  accepted: 2,
  spoken: 2,
  interrupted: 0,
  lost: 0,
  doubled: 0,
  swapped: 0,
  unheard: 0,
  forgotten: 0,
};

test('what was accepted and said once, in order, leaves nothing open', () => {
  expect(balance({})).toEqual(clean);
});

test('a message that was silenced or never begun is lost, whatever the API says of it', () => {
  const told = [{ id: 'm1', state: 'spoken' }];
  expect(balance({ told, said: [said(0, 10_000), said(1, 11_000, { interruptedAt: 11_200 })] })).toEqual({
    ...clean,
    spoken: 1,
    lost: 1,
  });
  expect(balance({ said: [said(0, 10_000)] })).toMatchObject({ spoken: 1, lost: 1 });
});

test('one part of a message that was left out makes it lost', () => {
  const { findings } = settle(accounts({ posted: [posted(0, { parts: 2 }), posted(1)] }));
  expect(findings).toEqual([expect.objectContaining({ kind: 'lost', message: 0 })]);
});

test('what nobody knows the acceptance of is nobody’s loss', () => {
  expect(
    balance({ posted: [posted(0), posted(1, { ackedAt: undefined })], said: [said(0, 10_000)] }),
  ).toEqual({ ...clean, accepted: 1, spoken: 1 });
});

test('only an interrupt that came later excuses silence', () => {
  const interrupt = (ackedAt: number) => [{ session: 1, sentAt: ackedAt - 5, ackedAt }];
  const unsaid = { said: [said(0, 10_000)], told: [{ id: 'm1', state: 'interrupted' }] };
  expect(balance({ ...unsaid, interrupts: interrupt(1_500) })).toMatchObject({ interrupted: 1, lost: 0 });
  expect(balance({ ...unsaid, interrupts: interrupt(900) })).toMatchObject({ interrupted: 0, lost: 1 });
  expect(balance({ ...unsaid, interrupts: [] })).toMatchObject({ lost: 1 });
  const byMessage = (by: number) => [{ session: 1, sentAt: 1_000, ackedAt: 1_500, by }];
  expect(balance({ ...unsaid, interrupts: byMessage(2) })).toMatchObject({ interrupted: 1, lost: 0 });
  expect(balance({ ...unsaid, interrupts: byMessage(1) })).toMatchObject({ interrupted: 0, lost: 1 });
});

test('said again is doubled only when viewers had heard it to its end', () => {
  const again = { said: [said(0, 10_000), said(0, 10_600), said(1, 11_500)] };
  expect(balance(again)).toEqual({ ...clean, doubled: 1 });
  expect(balance({ ...again, heard: () => false })).toEqual({ ...clean, unheard: 2 });
  const cut = { said: [said(0, 10_000, { interruptedAt: 10_200 }), said(0, 10_600), said(1, 11_500)] };
  expect(balance(cut)).toEqual(clean);
});

test('a message begun after a later one is swapped, and only it', () => {
  expect(balance({ said: [said(1, 10_000), said(0, 11_000)] })).toEqual({ ...clean, swapped: 1 });
});

test('what a killed Redis acknowledged in its last second is forgotten, not lost', () => {
  const unsaid = { said: [said(0, 10_000)] };
  expect(balance({ ...unsaid, redisKilledAt: [1_900] })).toMatchObject({ forgotten: 1, lost: 0 });
  expect(balance({ ...unsaid, redisKilledAt: [2_100] })).toMatchObject({ forgotten: 0, lost: 1 });
});
