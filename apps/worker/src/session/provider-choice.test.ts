import { describe, expect, test } from 'vitest';
import {
  type Choice,
  type ChoiceEvent,
  type FailureKind,
  firstChoice,
  next,
  waitsUntil,
} from './provider-choice.ts';

const rules = { count: 3, slotWaitMs: 20_000, maxFailures: 3 };
const at = 1_000_000;
const first = firstChoice(0);
const second = firstChoice(1);
const last = firstChoice(2);
const failed = (kind: FailureKind, more: object = {}): ChoiceEvent => ({ type: 'failed', kind, at, ...more });

describe('the choice of a provider', () => {
  test.each<[string, Choice, ChoiceEvent, Choice]>([
    ['a refusal for good brings on the next', first, failed('refused'), second],
    ['one failure is forgiven', first, failed('broken'), { ...first, failures: 1 }],
    ['the last failure in a row brings on the next', { ...first, failures: 2 }, failed('broken'), second],
    [
      'the loss of a vendor session that held for long is no failure',
      { ...first, failures: 2 },
      failed('broken', { stable: true }),
      first,
    ],
    ['a word spoken forgives all failures', { ...first, failures: 2 }, { type: 'spoken' }, first],
    ['a missing slot is waited for', first, failed('no-slot'), { ...first, noSlotSince: at }],
    [
      'the wait begins with the first refusal',
      { ...first, noSlotSince: at - 5_000 },
      failed('no-slot'),
      { ...first, noSlotSince: at - 5_000 },
    ],
    [
      'a slot missing for too long brings on the next',
      { ...first, noSlotSince: at - 20_000 },
      failed('no-slot'),
      second,
    ],
    [
      'a slot that is not to be had in time is not waited for',
      first,
      failed('no-slot', { retryAfter: 30_000 }),
      second,
    ],
    ['a vendor session that is open ends the wait', { ...first, noSlotSince: at }, { type: 'opened' }, first],
    [
      'an open vendor session forgives no failure',
      { ...first, failures: 2 },
      { type: 'opened' },
      { ...first, failures: 2 },
    ],
    [
      "trouble on the stage is not the provider's",
      { ...first, failures: 2 },
      failed('elsewhere'),
      { ...first, failures: 2 },
    ],
    ['the last provider is kept when it refuses', last, failed('refused'), last],
    ['the last provider is kept when it fails', last, failed('broken'), last],
    ['the last provider is waited for without an end', last, failed('no-slot'), last],
  ])('%s', (_, choice, event, expected) => {
    expect(next(choice, event, rules)).toEqual(expected);
  });

  test('says until when a slot is waited for', () => {
    expect(waitsUntil(first, rules)).toBe(Number.POSITIVE_INFINITY);
    expect(waitsUntil({ ...first, noSlotSince: at }, rules)).toBe(at + 20_000);
    expect(waitsUntil({ ...last, noSlotSince: at }, rules)).toBe(Number.POSITIVE_INFINITY);
  });

  test('whatever happens: one step at a time, never back, never beyond the last, and failures stay below their limit', () => {
    let random = 20_261_127;
    const draw = (below: number) => {
      random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((random / 2_147_483_648) * below);
    };
    const kinds: FailureKind[] = ['refused', 'no-slot', 'broken', 'elsewhere'];
    for (let run = 0; run < 500; run++) {
      const some = { count: 1 + draw(4), slotWaitMs: draw(30_000), maxFailures: 1 + draw(4) };
      let choice = firstChoice(draw(some.count));
      let now = at;
      for (let step = 0; step < 60; step++) {
        now += draw(8_000);
        const what = draw(6);
        const event: ChoiceEvent =
          what === 0
            ? { type: 'opened' }
            : what === 1
              ? { type: 'spoken' }
              : { type: 'failed', kind: kinds[draw(4)]!, at: now, retryAfter: draw(10_000) };
        const before = choice;
        choice = next(choice, event, some);
        const steps = choice.index - before.index;
        const refused = event.type === 'failed' && event.kind === 'refused' && before.index < some.count - 1;
        const blameless = event.type !== 'failed' || event.kind === 'elsewhere';
        expect(steps).toBeOneOf(refused ? [1] : blameless ? [0] : [0, 1]);
        expect(choice.index).toBeLessThan(some.count);
        expect(choice.failures).toBeLessThan(some.maxFailures);
        expect(steps === 0 ? choice.index : choice).toEqual(
          steps === 0 ? before.index : firstChoice(before.index + 1),
        );
      }
    }
  });
});
