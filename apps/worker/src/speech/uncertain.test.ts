import { describe, expect, it } from 'vitest';
import { type Circumstances, type Inherited, settle, type Verdict } from './uncertain.ts';

const at = 100_000;
/** Expected to take 3 s, and over for certain after 4.4 s. */
const expected = 3_000;
const utterance = (
  state?: NonNullable<Inherited['record']>['state'],
  after = 0,
  mode: Inherited['mode'] = 'repeat',
): Inherited => ({ record: state && { state, at: at + after }, mode, expected });
const asked = (state: NonNullable<Inherited['record']>['state']) => utterance(state, 0, 'talk');

/** Not attached, but heard, until `openUntil`. */
const replaced = (openUntil: number | undefined, onUncertain: Circumstances['onUncertain'] = 'replay') => ({
  attached: false,
  heard: true,
  openUntil,
  onUncertain,
});
const attached: Circumstances = { attached: true, heard: true, onUncertain: 'replay' };
const gone = replaced(undefined);
const skipping = { onUncertain: 'skip' } as const;
const unheard = { heard: false } as const;

describe('settle', () => {
  it.each<[string, Inherited[], Circumstances, Verdict[]]>([
    ['says what was never given to the vendor', [utterance(), utterance()], gone, ['say', 'say']],
    ['says what was taken back from the vendor', [utterance('waiting')], replaced(at + 60_000), ['say']],
    [
      'also when the vendor session goes on',
      [utterance('waiting'), utterance('submitted')],
      { ...attached, ...skipping },
      ['say', 'say'],
    ],
    ['says it also when uncertain ones are skipped', [utterance()], replaced(at, 'skip'), ['say']],
    ['does not say again what was spoken', [utterance('spoken')], gone, ['said']],
    ['does not say either what was skipped', [utterance('skipped'), utterance()], gone, ['skip', 'say']],
    ['goes on behind what was spoken', [utterance('spoken'), utterance()], gone, ['said', 'say']],
    [
      'does not say again what began and had the time to end',
      [utterance('speaking')],
      replaced(at + 4_400),
      ['said'],
    ],
    ['says again what was cut off', [utterance('speaking')], replaced(at + 4_399), ['say']],
    ['skips what was cut off, if told so', [utterance('speaking')], replaced(at + 4_399, 'skip'), ['skip']],
    ['says again what began in a vendor session found gone', [utterance('speaking')], gone, ['say']],
    [
      'does not say again what the vendor had and had the time to say',
      [utterance('submitted')],
      replaced(at + 5_900),
      ['said'],
    ],
    [
      'says again what the vendor had but no time to say',
      [utterance('submitted')],
      replaced(at + 5_899),
      ['say'],
    ],
    ['skips it, if told so', [utterance('submitted')], replaced(at + 5_899, 'skip'), ['skip']],
    [
      'says again what perhaps never reached the vendor',
      [utterance('submitting')],
      replaced(at + 60_000),
      ['say'],
    ],
    ['skips it, if told so', [utterance('submitting')], replaced(at + 60_000, 'skip'), ['skip']],
    [
      'counts the time of the one in front',
      [utterance('speaking'), utterance('submitted', 10)],
      replaced(at + 8_799),
      ['said', 'say'],
    ],
    [
      'and believes that both were said after it',
      [utterance('speaking'), utterance('submitted', 10)],
      replaced(at + 8_800),
      ['said', 'said'],
    ],
    [
      'keeps the order: all behind a repeated one are repeated',
      [utterance('submitting'), utterance('spoken')],
      replaced(at),
      ['say', 'say'],
    ],
    [
      'keeps later ones when one is skipped',
      [utterance('submitting'), utterance()],
      replaced(at, 'skip'),
      ['skip', 'say'],
    ],

    [
      'asks again when the answer was cut off, however short the question is',
      [asked('speaking')],
      replaced(at + 60_000),
      ['say'],
    ],
    ['skips such an answer, if told so', [asked('speaking')], replaced(at + 60_000, 'skip'), ['skip']],
    ['believes that no answer takes three minutes', [asked('speaking')], replaced(at + 180_000), ['said']],

    [
      'says again what had the time to end, when nobody heard it',
      [utterance('speaking')],
      { ...replaced(at + 60_000), ...unheard },
      ['say'],
    ],
    [
      'skips that, if told so',
      [utterance('speaking'), utterance('submitted'), utterance()],
      { ...replaced(at + 60_000, 'skip'), ...unheard },
      ['skip', 'skip', 'say'],
    ],
    [
      'does not doubt what was spoken before, though nobody hears it now',
      [utterance('spoken'), utterance('speaking')],
      { ...gone, ...unheard },
      ['said', 'say'],
    ],

    [
      'adopts all that an attached vendor session may be saying',
      [
        utterance('spoken'),
        utterance('speaking'),
        utterance('submitted'),
        utterance('submitting'),
        utterance(),
      ],
      attached,
      ['said', 'adopt', 'adopt', 'adopt', 'say'],
    ],
    [
      'also when uncertain ones are skipped, and however long ago they were given to it',
      [utterance('submitting')],
      { ...attached, ...skipping, openUntil: at + 60_000 },
      ['adopt'],
    ],
    ['adopts an answer', [asked('speaking')], attached, ['adopt']],
    [
      'says again what an attached vendor session said to nobody',
      [utterance('spoken'), utterance('speaking'), utterance('submitted')],
      { ...attached, ...unheard },
      ['said', 'say', 'say'],
    ],
    [
      'skips that, if told so',
      [utterance('speaking'), utterance('submitting'), utterance()],
      { ...attached, ...unheard, ...skipping },
      ['skip', 'skip', 'say'],
    ],
  ])('%s', (_, line, circumstances, verdicts) => {
    expect(settle(line, circumstances)).toEqual(verdicts);
  });
});
