import { describe, expect, it } from 'vitest';
import { judge, type FrontUtterance, type Judgement, type Voice } from './evidence.ts';

const repeat = (speakingSince?: number): FrontUtterance => ({
  mode: 'repeat',
  expected: 4_000,
  frontSince: 10_000,
  speakingSince,
});
const talk = (speakingSince?: number): FrontUtterance => ({ ...repeat(speakingSince), mode: 'talk' });
const voice = (from: number, to?: number): Voice => ({ from, to });
const wait = (until: number): Judgement => ({ verdict: 'wait', until });

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
  ])('%s', (_, front, heard, now, expected) => {
    expect(judge(front, heard, now)).toEqual(expected);
  });
});
