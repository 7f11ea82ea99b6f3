import { describe, expect, it } from 'vitest';
import {
  type FrontUtterance,
  judge,
  type Judgement,
  judgeUnanswered,
  type UnansweredJudgement,
  type UnansweredUtterance,
  type Voice,
} from './evidence.ts';

const repeat = (speakingSince?: number): FrontUtterance => ({
  mode: 'repeat',
  expected: 4_000,
  frontSince: 10_000,
  listeningSince: 0,
  speakingSince,
});
const talk = (speakingSince?: number): FrontUtterance => ({ ...repeat(speakingSince), mode: 'talk' });
/** The same as a new owner sees it who began to listen at `listeningSince`. */
const overheard = (front: FrontUtterance, listeningSince: number): FrontUtterance => ({
  ...front,
  listeningSince,
});
const voice = (from: number, to?: number): Voice => ({ from, to });
const wait = (until: number) => ({ verdict: 'wait' as const, until });

describe('judge', () => {
  it.each<[string, FrontUtterance, Voice | undefined, number, Judgement]>([
    ['waits for a beginning', repeat(), undefined, 10_100, wait(18_000)],
    ['finds a vendor silent that does not begin', repeat(), undefined, 18_000, { verdict: 'silent' }],
    ['gives an answer time to be thought of', talk(), undefined, 18_000, wait(35_000)],
    ['finds a vendor silent that does not answer', talk(), undefined, 35_000, { verdict: 'silent' }],
    ["waits for the vendor's event when the voice begins", repeat(), voice(11_000), 11_500, wait(12_000)],
    [
      'believes the voice when no event comes',
      repeat(),
      voice(11_000),
      12_000,
      { verdict: 'started', at: 11_000 },
    ],
    [
      'believes a voice that is over already',
      repeat(),
      voice(11_000, 11_400),
      12_000,
      { verdict: 'started', at: 11_000 },
    ],
    ['ignores a voice from before', repeat(), voice(5_000, 9_000), 12_000, wait(18_000)],
    ['takes a voice that fades out for the one before', repeat(), voice(5_000, 10_600), 12_500, wait(18_000)],
    ['believes a voice that went on without a pause, later', repeat(), voice(5_000), 11_000, wait(12_000)],
    [
      'and then from when it was first in line',
      repeat(),
      voice(5_000),
      12_000,
      { verdict: 'started', at: 10_000 },
    ],

    ['waits while it is spoken', repeat(10_500), voice(10_800), 13_000, wait(10_500 + 32_000)],
    [
      'ends it when the voice has been silent',
      repeat(10_500),
      voice(10_800, 14_000),
      15_500,
      { verdict: 'ended', at: 14_000 },
    ],
    ['bears a pause', repeat(10_500), voice(10_800, 14_000), 15_400, wait(15_500)],
    ['bears an early pause for longer', repeat(10_500), voice(10_800, 11_000), 12_600, wait(14_400)],
    ['bears longer pauses in an answer', talk(10_500), voice(10_800, 14_000), 15_500, wait(17_000)],
    [
      'ends by the clock when no voice was ever heard',
      repeat(10_500),
      undefined,
      19_500,
      { verdict: 'ended', at: 19_500 },
    ],
    ['not before', repeat(10_500), undefined, 19_499, wait(19_500)],
    [
      'ends by the clock when only an older voice was heard',
      repeat(10_500),
      voice(2_000, 9_000),
      19_500,
      { verdict: 'ended', at: 19_500 },
    ],
    [
      'does not wait for a voice that never ends',
      repeat(10_500),
      voice(10_800),
      42_500,
      { verdict: 'ended', at: 42_500 },
    ],
    ['waits long for a long answer', talk(10_500), voice(10_800), 100_000, wait(190_500)],

    [
      'waits for a sign of what was given to the vendor when nobody listened',
      overheard(repeat(), 14_000),
      undefined,
      15_400,
      wait(15_500),
    ],
    [
      'and takes silence for its end, for it had the time',
      overheard(repeat(), 14_000),
      undefined,
      15_500,
      { verdict: 'ended', at: 14_000 },
    ],
    ['but not when it had no time', overheard(repeat(), 12_000), undefined, 15_500, wait(20_000)],
    ['nor for an answer', overheard(talk(), 14_000), undefined, 15_500, wait(39_000)],
    [
      'hears that it goes on',
      overheard(repeat(), 14_000),
      voice(14_300),
      15_300,
      { verdict: 'started', at: 14_300 },
    ],
    [
      'takes silence for the end of what began when nobody listened',
      overheard(repeat(10_500), 12_000),
      undefined,
      13_500,
      { verdict: 'ended', at: 12_000 },
    ],
    [
      'not before it would have been heard',
      overheard(repeat(10_500), 12_000),
      undefined,
      13_499,
      wait(13_500),
    ],
    [
      'waits while it goes on to be spoken',
      overheard(repeat(10_500), 12_000),
      voice(12_300),
      13_500,
      wait(10_500 + 32_000),
    ],
  ])('%s', (_, front, heard, now, expected) => {
    expect(judge(front, heard, now)).toEqual(expected);
  });
});

describe('judgeUnanswered', () => {
  const lost: UnansweredUtterance = {
    mode: 'repeat',
    submittedAt: 10_000,
    frontSince: 10_000,
    listeningSince: 0,
    pending: false,
    unknownTask: undefined,
  };
  it.each<[string, Partial<UnansweredUtterance>, Voice | undefined, number, UnansweredJudgement]>([
    ['waits for an answer before it guesses', { unknownTask: 'x' }, undefined, 10_999, wait(11_000)],
    [
      'takes an unknown task for it',
      { unknownTask: 'x' },
      undefined,
      11_000,
      { verdict: 'adopted', taskId: 'x' },
    ],
    [
      'also while the answer is on its way',
      { unknownTask: 'x', pending: true },
      undefined,
      11_000,
      { verdict: 'adopted', taskId: 'x' },
    ],
    [
      'takes a voice for it when nothing else can be spoken',
      {},
      voice(10_400),
      11_400,
      { verdict: 'adopted', taskId: undefined },
    ],
    ['gives the vendor time to name it', {}, voice(10_400), 11_399, wait(11_400)],
    ['not an older voice', {}, voice(9_900, 11_900), 12_000, wait(12_500)],
    ['unless that goes on for too long to be what was said before', {}, voice(9_900), 11_900, wait(12_000)],
    [
      'as it does when there is no pause between the two',
      {},
      voice(9_900, 12_400),
      12_500,
      { verdict: 'adopted', taskId: undefined },
    ],
    ['finds that the vendor does not have it', {}, undefined, 12_500, { verdict: 'missed' }],
    ['gives an answer time to be thought of', { mode: 'talk' }, undefined, 19_999, wait(20_000)],
    ['and no more than that', { mode: 'talk' }, undefined, 20_000, { verdict: 'missed' }],
    ['waits while something is before it', { frontSince: undefined }, voice(10_400), 60_000, wait(Infinity)],
    ['and then from when that has ended', { frontSince: 15_000 }, undefined, 17_000, wait(17_500)],
    [
      'waits while the answer is on its way, whoever speaks meanwhile',
      { pending: true },
      voice(10_400),
      60_000,
      wait(Infinity),
    ],
    ["listens first when it is another owner's", { listeningSince: 14_000 }, undefined, 16_000, wait(16_500)],
    [
      'takes the voice for it that it hears then',
      { listeningSince: 14_000 },
      voice(14_200),
      15_200,
      { verdict: 'adopted', taskId: undefined },
    ],
  ])('%s', (_, about, heard, now, expected) => {
    expect(judgeUnanswered({ ...lost, ...about }, heard, now)).toEqual(expected);
  });
});
