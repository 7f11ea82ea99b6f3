import { expect, test } from 'vitest';
import { CaptureDelay, skewOf } from './capture-delay.ts';
import { SourceClock } from '../inbound/source-clock.ts';

const clock = new SourceClock();
const audio = (report = { ntp: 5_000_000, timestamp: 4_294_967_000, at: 100 }) => ({
  clock,
  clockRate: 48_000,
  report,
});
const video = { clock, clockRate: 90_000, report: { ntp: 5_000_000, timestamp: 9000, at: 200 } };

test('the skew is how much later after its capture the voice is sent than the picture', () => {
  const [voice, picture] = [new CaptureDelay(), new CaptureDelay()];
  // Captured 20 ms after the reports, and sent 70 ms apart; the timestamps of the voice have wrapped around.
  picture.sample(video, 9000 + 20 * 90, 1000);
  voice.sample(audio(), (4_294_967_000 + 20 * 48) >>> 0, 1070);
  expect(skewOf(voice.median, picture.median)).toBe(70);
  expect(skewOf(picture.median, voice.median)).toBe(-70);
});

test('one late packet does not count, nor one packet twice', () => {
  const [voice, picture] = [new CaptureDelay(), new CaptureDelay()];
  picture.sample(video, 9000, 0);
  for (const [timestamp, at] of [
    [0, 10],
    [960, 30],
    [1920, 450],
    [1920, 450],
    [1920, 450],
  ] as const)
    voice.sample(audio({ ntp: 5_000_000, timestamp: 0, at: 0 }), timestamp, at);
  expect(skewOf(voice.median, picture.median)).toBe(10);
});

test('it is not known without a report, across sources, and not from what was before a gap', () => {
  const [voice, picture] = [new CaptureDelay(), new CaptureDelay()];
  voice.sample({ ...audio(), report: undefined }, 0, 0);
  picture.sample(video, 9000, 0);
  expect(skewOf(voice.median, picture.median)).toBeUndefined();
  voice.sample({ ...audio(), clock: new SourceClock() }, 0, 0);
  expect(skewOf(voice.median, picture.median)).toBeUndefined();
  const returned = audio({ ntp: 5_000_000, timestamp: 0, at: 0 });
  for (const at of [500, 520]) voice.sample(returned, 0, at);
  voice.sample(returned, 96_000, 2030);
  expect(skewOf(voice.median, picture.median)).toBe(30);
  voice.reset();
  expect(voice.median).toBeUndefined();
});
