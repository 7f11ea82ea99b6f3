import { expect, test } from 'vitest';
import { encodeOpus, OpusEncoder, silentFrame, silentLevel } from './opus.ts';

const tone = (samples: number, rate: number) =>
  Int16Array.from({ length: samples }, (_, i) => 12_000 * Math.sin((2 * Math.PI * 440 * i) / rate));

test('a stream is encoded packet by packet, each with its loudness', () => {
  const encoder = new OpusEncoder(24_000);
  expect(encoder.frameSize).toBe(480);
  const silence = encoder.encode(new Int16Array(480));
  expect(silence.level).toBe(silentLevel);
  expect(silence.packet).toHaveLength(silentFrame.length);
  const { packet, level } = encoder.encode(tone(480, 24_000));
  expect(packet.length).toBeGreaterThan(20);
  expect(level).toBeGreaterThan(9);
  expect(level).toBeLessThan(14);
  encoder.close();
});

test('a whole clip is made as loud as any other, and filled up to whole packets', () => {
  const quiet = tone(16_000 + 1, 16_000).map((sample) => sample / 10);
  const { frames, levels } = encodeOpus(quiet, 16_000);
  expect(frames).toHaveLength(51);
  expect(levels[20]).toBeLessThan(8);
});
