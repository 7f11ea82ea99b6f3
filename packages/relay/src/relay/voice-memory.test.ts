import { expect, test } from 'vitest';
import { VoiceMemory } from './voice-memory.ts';

test('the newest stretch of the voice is remembered', () => {
  const memory = new VoiceMemory(1_000);
  expect(memory.heard(1_500)).toEqual({ sinceMs: 500 });
  memory.set(true, 2_000);
  expect(memory.heard(2_500)).toEqual({ sinceMs: 1_500, beganMs: 500 });
  memory.set(false, 3_000);
  memory.set(false, 3_100);
  expect(memory.heard(4_000)).toEqual({ sinceMs: 3_000, beganMs: 2_000, endedMs: 1_000 });
  memory.set(true, 5_000);
  expect(memory.heard(5_100)).toEqual({ sinceMs: 4_100, beganMs: 100 });
});

test('of a time in which nobody listened nothing is known', () => {
  const memory = new VoiceMemory(0);
  memory.set(true, 100);
  memory.listenAnew(1_000);
  memory.set(false, 1_200);
  expect(memory.heard(1_500)).toEqual({ sinceMs: 500 });
});
