import { describe, expect, it } from 'vitest';
import { type Inherited, settle, type Verdict, worthWaiting } from './uncertain.ts';

const at = 100_000;
/** Expected to take 3 s, and over for certain after 4.4 s. */
const expected = 3_000;
const utterance = (state?: NonNullable<Inherited['record']>['state'], after = 0): Inherited => ({
  record: state && { state, at: at + after },
  expected,
});

describe('settle', () => {
  it.each<[string, Inherited[], number | undefined, 'replay' | 'skip', Verdict[]]>([
    [
      'says what was never given to the vendor',
      [utterance(), utterance()],
      undefined,
      'replay',
      ['say', 'say'],
    ],
    ['says it also when uncertain ones are skipped', [utterance()], at, 'skip', ['say']],
    ['does not say again what was spoken', [utterance('spoken')], undefined, 'replay', ['said']],
    [
      'goes on behind what was spoken',
      [utterance('spoken'), utterance()],
      undefined,
      'replay',
      ['said', 'say'],
    ],
    [
      'does not say again what began and had the time to end',
      [utterance('speaking')],
      at + 4_400,
      'replay',
      ['said'],
    ],
    ['says again what was cut off', [utterance('speaking')], at + 4_399, 'replay', ['say']],
    ['skips what was cut off, if told so', [utterance('speaking')], at + 4_399, 'skip', ['skip']],
    [
      'says again what began in a vendor session found gone',
      [utterance('speaking')],
      undefined,
      'replay',
      ['say'],
    ],
    [
      'does not say again what the vendor had and had the time to say',
      [utterance('submitted')],
      at + 5_900,
      'replay',
      ['said'],
    ],
    [
      'says again what the vendor had but no time to say',
      [utterance('submitted')],
      at + 5_899,
      'replay',
      ['say'],
    ],
    ['skips it, if told so', [utterance('submitted')], at + 5_899, 'skip', ['skip']],
    [
      'says again what perhaps never reached the vendor',
      [utterance('submitting')],
      at + 60_000,
      'replay',
      ['say'],
    ],
    ['skips it, if told so', [utterance('submitting')], at + 60_000, 'skip', ['skip']],
    [
      'counts the time of the one in front',
      [utterance('speaking'), utterance('submitted', 10)],
      at + 8_799,
      'replay',
      ['said', 'say'],
    ],
    [
      'and believes that both were said after it',
      [utterance('speaking'), utterance('submitted', 10)],
      at + 8_800,
      'replay',
      ['said', 'said'],
    ],
    [
      'keeps the order: all behind a repeated one are repeated',
      [utterance('submitting'), utterance('spoken')],
      at,
      'replay',
      ['say', 'say'],
    ],
    [
      'keeps later ones when one is skipped',
      [utterance('submitting'), utterance()],
      at,
      'skip',
      ['skip', 'say'],
    ],
  ])('%s', (_, line, openUntil, onUncertain, verdicts) => {
    expect(settle(line, { openUntil, onUncertain })).toEqual(verdicts);
  });
});

describe('worthWaiting', () => {
  it.each<[string, Inherited[], number, number]>([
    ['is nothing when nothing is held', [utterance('spoken'), utterance()], at, at],
    ['is nothing when nobody knows whether it is held', [utterance('submitting')], at, at],
    ['is nothing when it has ended for certain', [utterance('speaking')], at + 9_000, at + 9_000],
    ['is the certain end when that is near', [utterance('speaking')], at + 1_900, at + 4_400],
    ['is nothing when there is long to go', [utterance('speaking')], at + 1_899, at + 1_899],
    [
      'is the certain end of a long one that should be over soon',
      [{ ...utterance('speaking'), expected: 20_000 }],
      at + 19_000,
      at + 26_500,
    ],
    [
      'takes in the next if that ends soon, too',
      [utterance('speaking'), { ...utterance('submitted'), expected: 500 }],
      at + 2_000,
      at + 5_550,
    ],
    [
      'leaves out the next if that has long to go',
      [utterance('speaking'), { ...utterance('submitted'), expected: 9_000 }],
      at + 2_000,
      at + 4_400,
    ],
  ])('%s', (_, line, now, until) => {
    expect(worthWaiting(line, now)).toBe(until);
  });
});
