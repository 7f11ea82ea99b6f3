import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { VoiceSound } from './voice-sound.ts';

const tone = (samples: number): Int16Array =>
  Int16Array.from({ length: samples }, (_, i) => 12_000 * Math.sin((2 * Math.PI * 440 * i) / 24_000));

test('plays as many packets as there is sound, however it was cut', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 20 }), (lengths) => {
      const sound = new VoiceSound();
      for (const length of lengths) sound.append(tone(length));
      sound.end();
      let packets = 0;
      while (!sound.over) {
        expect(sound.next()).toBeDefined();
        packets++;
      }
      expect(packets).toBe(Math.ceil(lengths.reduce((sum, length) => sum + length, 0) / 480));
      expect(sound.playedMs).toBe(packets * 20);
      sound.close();
    }),
    { numRuns: 50 },
  );
});

test('tells when it runs dry before its end, and when sound comes again', () => {
  const told: boolean[] = [];
  const sound = new VoiceSound((dry) => told.push(dry));
  sound.append(tone(960));
  expect(sound.next()?.level).toBeLessThan(20);
  sound.next();
  expect(sound.next()).toBeUndefined();
  expect(sound.next()).toBeUndefined();
  expect(sound.mouthAt()).toBe('rest');
  expect(sound.over).toBe(false);
  sound.append(tone(480));
  expect(sound.next()).toBeDefined();
  expect(told).toEqual([true, false]);
  sound.close();
  expect(sound.over).toBe(true);
});

test('moves the mouth', () => {
  const sound = new VoiceSound();
  sound.append(tone(4_800));
  for (let packet = 0; packet < 8; packet++) sound.next();
  expect(sound.mouthAt()).not.toBe('rest');
  expect(sound.bufferedMs).toBe(40);
  sound.close();
});
