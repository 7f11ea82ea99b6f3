import { expect, test } from 'vitest';
import { SourceClock } from './source-clock.ts';

const NTP_OF_1970 = 2_208_988_800_000;

test('the reports of audio and video are moved by the same time', () => {
  const clock = new SourceClock();
  const video = clock.toOurs(1_000_000, 1_700_000_000_000);
  const audio = clock.toOurs(1_000_250, 1_700_000_000_900);
  expect(video).toBe(1_700_000_000_000 + NTP_OF_1970);
  expect(audio - video).toBe(250);
});
